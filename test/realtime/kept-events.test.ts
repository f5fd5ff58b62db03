/** What is kept of events for those who come back: bytes, of which the events are made again, once for all of them. */
import { afterEach, expect, test } from '@jest/globals';
import { ByteSlabs } from '../../src/lib/memory/byte-slabs.ts';
import type { StreamEntry } from '../../src/realtime/topics/event-window.ts';
import { KeptEvent } from '../../src/realtime/topics/kept-event.ts';
import type { EventLog, LoggedEvent } from '../../src/stores/event-log/event-log.ts';
import { tHub, type HubFixture } from '../support/hub.ts';

let fixture: HubFixture | undefined;
afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const textOf = ({ offset, before, ...event }: LoggedEvent): string =>
  JSON.stringify({ epoch: 'e', offset, event, before });

/** A log whose events come as text, as those of Redis do, and which nobody may read from. */
const asText = (log: EventLog): EventLog => ({
  beginTurns: () => log.beginTurns(),
  findMissing: (appended) => log.findMissing(appended),
  append: (...request) => log.append(...request),
  position: (topic) => log.position(topic),
  standing: (topic, value) => log.standing(topic, value),
  read: () => Promise.reject(new Error('What is kept need not be read.')),
  follow: (topic, follower) =>
    log.follow(topic, {
      onEvent: (event) => follower.onEvent(event, textOf(event)),
      onLost: (position, began) => follower.onLost(position, began),
    }),
  close: () => log.close(),
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('who comes back is shown byte for byte what others were shown live, and it is made once for all of them', async () => {
  fixture = tHub({ eventLog: asText });
  const { watch, relay, executions } = fixture;
  const [left, stayed] = [await watch('a'), await watch('a')];
  const cursor = left.screen.lastCursor;
  left.subscription.leave();
  for (const version of range(1, 300)) await relay('a', version, ['*/*']);
  const before = (await executions())['event']!;
  const back = await Promise.all(range(1, 20).map(() => watch('a', { after: cursor })));
  await Promise.all(back.map(({ screen }) => screen.until(() => screen.versions.length === 300)));
  for (const { screen } of back) expect(screen.shown).toEqual(stayed.screen.shown.slice(1));
  expect((await executions())['event']).toBe(before + 300);
});

test('an event that came as text is read from it when somebody comes for it, once', () => {
  const logged = { id: 'a', at: 7, data: { texto: 'ñandú 🚑' }, offset: 5, before: { '*/*': 4 } };
  const read: LoggedEvent[] = [];
  const entryOf = (event: LoggedEvent): StreamEntry => {
    read.push(event);
    return { offset: event.offset, at: event.at, event: null };
  };
  const kept = new KeptEvent(logged, textOf(logged), new ByteSlabs());
  expect(read).toEqual([]);
  const entry = kept.entry(entryOf);
  expect(kept.entry(entryOf)).toBe(entry);
  expect(read).toEqual([logged]);
  expect(read[0]).not.toBe(logged);
});
