/** A process that hears of events later than its log keeps them shows nobody what they were shown before. */
import { afterEach, expect, test } from '@jest/globals';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import type { EventLog, Follower } from '../../src/stores/event-log/event-log.ts';
import { tCursorKeys } from '../support/cursors.ts';
import { countTopic, tHub, type Count, type HubFixture } from '../support/hub.ts';

let fixture: HubFixture | undefined;

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const minuteMs = 60_000;

/** A log whose events are kept back on their way to this process, until they may arrive. */
function delayable() {
  const waiting: (() => void)[] = [];
  let isLate = false;
  const wrap = (log: EventLog): EventLog => {
    const inTime = log.follow.bind(log);
    const follow: EventLog['follow'] = (topic, follower) => {
      const onEvent: Follower['onEvent'] = (event, text) => {
        if (isLate) waiting.push(() => follower.onEvent(event, text));
        else follower.onEvent(event, text);
      };
      return inTime(topic, { onEvent, onLost: (...lost) => follower.onLost(...lost) });
    };
    return Object.assign(log, { follow });
  };
  return {
    wrap,
    delay: () => void (isLate = true),
    arrive: () => {
      isLate = false;
      for (const deliver of waiting.splice(0)) deliver();
    },
  };
}

test('what a log got once more that it does not keep any more comes to nobody who has it', async () => {
  const { wrap, delay, arrive } = delayable();
  const cursorKeys = tCursorKeys();
  fixture = tHub({ cursorKeys, bounds: { maxEvents: 8, maxAgeMs: 60 * minuteMs }, eventLog: wrap });
  const { clock, eventLog, watch } = fixture;
  await clock.advance(10 * minuteMs);
  const now = clock.now();
  const changes = [
    { name: 'a', version: 3, at: now - 5 * minuteMs },
    { name: 'b', version: 12, at: now },
  ];
  const asked: (number | null)[] = [];
  const source: Partial<SubscriptionSource<Count>> = {
    showsChanges: true,
    beginsWithSnapshot: false,
    snapshot: ({ since }) => {
      asked.push(since);
      const shown = changes.filter(({ at }) => at >= (since ?? 0));
      return Promise.resolve(
        shown.map(({ name, version }) => ({
          toValue: (cursor: string) => ({ name, version, cursor, kind: 'SNAPSHOT' }),
          identity: { subject: name, version },
        })),
      );
    },
  };
  const append = (name: string, version: number, at: number) =>
    eventLog.append([
      { topic: 'count:board', event: { id: `${name}-${version}`, at, data: { name, version } } },
    ]);
  const { subscription } = await watch('board', { source });
  delay();
  // The log was lost, and gets once more what was appended to the one before.
  for (const version of [2, 3]) await append('a', version, now - 6 * minuteMs);
  for (let version = 2; version <= 12; version += 1) await append('b', version, now);
  // They have seen all of `a`, and something of `b`.
  const { key } = countTopic('board');
  const after = createCursorFormat(key, cursorKeys).format({ epoch: 'lost', offset: 7, at: now - 1_000 });
  const { screen } = await watch('board', { source, after });
  await screen.until(() => screen.shown.length > 0);
  arrive();
  await append('b', 13, now);
  await screen.until(() => screen.versions.includes(13));
  expect(screen.shown.map(({ name, version, kind }) => [name, version, kind])).toEqual([
    ['b', 12, 'SNAPSHOT'],
    ['b', 13, 'EVENT'],
  ]);
  // What came late to the log may have happened some time before.
  expect(asked).toEqual([now - 1_000 - minuteMs]);
  subscription.leave();
});
