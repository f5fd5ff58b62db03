/** What was shown is not shown again by a log that was lost, nor by one that is behind what a snapshot has shown. */
import { afterEach, expect, test } from '@jest/globals';
import type { SnapshotItem, SnapshotRequest } from '../../src/realtime/source.ts';
import type { EventLog } from '../../src/stores/event-log/event-log.ts';
import { tHub, type HubFixture } from '../support/hub.ts';
import { losable } from '../support/losable-log.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const itemOf = (name: string, version: number): SnapshotItem => ({
  toValue: (cursor) => ({ name, version, cursor, kind: 'SNAPSHOT' }),
  identity: { subject: name, version },
});

/** A log of which a process hears nothing before `release`. */
function held(log: EventLog) {
  const waiting: (() => void)[] = [];
  let isHeld = true;
  const late: EventLog = {
    ...{ beginTurns: () => log.beginTurns(), append: (requests) => log.append(requests) },
    findMissing: (appended) => log.findMissing(appended),
    ...{ position: (topic) => log.position(topic), standing: (topic, value) => log.standing(topic, value) },
    read: (topic, after, limit) => log.read(topic, after, limit),
    follow: (topic, { onEvent, onLost }) =>
      log.follow(topic, {
        onEvent: (event) => (isHeld ? void waiting.push(() => onEvent(event)) : onEvent(event)),
        onLost,
      }),
    close: () => Promise.resolve(),
  };
  const release = () => {
    isHeld = false;
    for (const tell of waiting.splice(0)) tell();
  };
  return { late, release };
}

/** Appends what has happened to a counter to the topic of all of them. */
const append = ({ eventLog, clock }: HubFixture, name: string, version: number) =>
  eventLog.append([
    { topic: 'count:all', event: { id: `${name}-${version}`, at: clock.now(), data: { name, version } } },
  ]);

test('the cursor of an event says what a snapshot has shown that is ahead of it', async () => {
  const hub = start();
  const snapshot = () => Promise.resolve([itemOf('b', 5)]);
  const before = await hub.watch('all', { source: { snapshot } });
  await append(hub, 'a', 2);
  await before.screen.until(() => before.screen.shown.length === 2);
  before.subscription.leave();
  const after = await hub.watch('all', { after: before.screen.lastCursor });
  for (const version of [4, 5, 6]) await append(hub, 'b', version);
  await after.screen.until(() => after.screen.shown.length > 0);
  expect(after.screen.versions).toEqual([6]);
});

test('whoever was shown the same snapshot shares such frames, and nobody needs them once the log has passed it', async () => {
  const hub = start();
  const snapshot = () => Promise.resolve([itemOf('b', 5), itemOf('c', 5)]);
  const [one, other] = [
    await hub.watch('all', { source: { snapshot } }),
    await hub.watch('all', { source: { snapshot } }),
  ];
  await append(hub, 'a', 2);
  await hub.clock.advance(120_000);
  await append(hub, 'a', 3);
  for (const { screen } of [one, other]) await screen.until(() => screen.shown.length === 4);
  const cursors = ({ screen }: typeof one) => screen.shown.slice(2).map(({ cursor }) => cursor);
  expect(cursors(other)).toEqual(cursors(one));
  const [whileAhead = '', later = ''] = cursors(one);
  expect(whileAhead.length).toBeGreaterThan(later.length);
});

test('a snapshot after a loss has all that may be appended once more', async () => {
  const { wrap, lose } = losable();
  const asked: (number | null)[] = [];
  let oldestUnrelayed: number | null = null;
  const hub = start({ eventLog: wrap, oldestUnrelayed: () => Promise.resolve(oldestUnrelayed) });
  const firstAt = hub.clock.now();
  const { screen } = await hub.watch('all', {
    source: {
      showsChanges: true,
      beginsWithSnapshot: false,
      snapshot: ({ since }) => {
        asked.push(since);
        return Promise.resolve([itemOf('a', 2), itemOf('b', 2)]);
      },
    },
  });
  await append(hub, 'a', 2);
  await hub.clock.advance(1_000);
  await append(hub, 'b', 2);
  await screen.until(() => screen.shown.length === 2);
  // They were appended, and nobody could mark them.
  oldestUnrelayed = firstAt;
  await lose();
  await screen.until(() => screen.shown.length === 4);
  expect(asked).toEqual([firstAt]);
});

test('a second snapshot does not forget what the first has shown', async () => {
  const { wrap, lose } = losable();
  const hub = start({ eventLog: wrap });
  // Each has what has changed since the one before.
  const changed = [[itemOf('a', 5)], [itemOf('b', 2)]];
  const { screen } = await hub.watch('all', {
    source: {
      showsChanges: true,
      beginsWithSnapshot: false,
      snapshot: () => Promise.resolve(changed.shift() ?? []),
    },
  });
  for (const shown of [1, 2]) {
    await lose();
    await screen.until(() => screen.shown.length === shown);
  }
  // What had happened before the first loss is appended only now.
  await append(hub, 'a', 4);
  await append(hub, 'a', 6);
  await screen.until(() => screen.shown.some(({ version }) => version === 6));
  expect(screen.shown.map(({ name, version }) => `${name} ${version}`)).toEqual(['a 5', 'b 2', 'a 6']);
});

test('who comes to a process that is further behind than the log reaches back is shown no more than what is new to them', async () => {
  const here = start({ bounds: { maxEvents: 3, maxAgeMs: 3_600_000 } });
  const { late, release } = held(here.eventLog);
  const there = tHub({ eventLog: () => late });
  const changed = [itemOf('a', 4)];
  const source = {
    ...{ showsChanges: true, beginsWithSnapshot: false },
    snapshot: ({ since }: SnapshotRequest) => Promise.resolve(since === null ? [] : changed),
  };
  // It follows from here on, and hears of nothing.
  const other = await there.watch('all', { source });
  const { screen, subscription } = await here.watch('all', { source });
  for (const version of [1, 2, 3]) await append(here, 'b', version);
  const after = screen.lastCursor;
  subscription.leave();
  for (const version of [1, 2, 3, 4]) await append(here, 'a', version);
  const back = await there.watch('all', { after, source });
  // What they were shown last leads behind that.
  const again = await there.watch('all', { after: back.screen.lastCursor, source });
  release();
  await append(here, 'b', 4);
  for (const watched of [other, back, again])
    await watched.screen.until(() =>
      watched.screen.shown.some(({ name, version }) => `${name} ${version}` === 'b 4'),
    );
  const shown = ({ screen: { shown: all } }: typeof back) =>
    all.map(({ name, version }) => `${name} ${version}`);
  expect(shown(other)).toEqual(['b 1', 'b 2', 'b 3', 'a 1', 'a 2', 'a 3', 'a 4', 'b 4']);
  expect(shown(back)).toEqual(['a 4', 'b 4']);
  expect(shown(again)).toEqual(['b 4']);
  await there.hub.close();
});
