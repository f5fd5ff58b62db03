/** What the hub promises: shared execution, resuming without a gap, and a snapshot where events are lost. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { InvalidCursorError } from '../../src/realtime/cursors/cursor.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { countedQuery, Screen, tHub, type HubFixture } from '../support/hub.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a subscription', () => {
  test('begins with the current state and goes on with every change', async () => {
    const { watch, count } = start();
    await count('a', 3);
    const { screen } = await watch('a');
    await count('a', 2);
    await screen.until(() => screen.versions.includes(5));
    expect(screen.versions).toEqual([3, 4, 5]);
    expect(screen.kinds).toEqual(['SNAPSHOT', 'EVENT', 'EVENT']);
  });

  test('is not shown an event again that its snapshot contained already', async () => {
    const { watch, counts, relay } = start();
    // Committed, and not yet relayed when the snapshot is read.
    counts.set('a', 2);
    const { screen } = await watch('a');
    await relay('a', 1);
    await relay('a', 2);
    counts.set('a', 3);
    await relay('a', 3);
    await screen.until(() => screen.versions.includes(3));
    expect(screen.versions).toEqual([2, 3]);
  });

  test('is not shown it either when it comes back with the cursor of the snapshot', async () => {
    const { watch, counts, relay } = start();
    counts.set('a', 2);
    const first = await watch('a');
    await first.screen.until(() => first.screen.versions.includes(2));
    first.subscription.leave();
    counts.set('a', 3);
    for (const version of [1, 2, 3]) await relay('a', version);
    const { screen } = await watch('a', { after: first.screen.lastCursor });
    await screen.until(() => screen.versions.includes(3));
    expect(screen.versions).toEqual([3]);
  });

  test('that was shown only a part of a snapshot is shown all of it when it comes back', async () => {
    const { watch } = start();
    const both = {
      snapshot: () =>
        Promise.resolve(
          [1, 2].map((version) => ({
            toValue: (cursor: string) => ({ name: 'a', version, cursor, kind: 'SNAPSHOT' }),
            identity: null,
          })),
        ),
    };
    const first = await watch('a', { source: both });
    await first.screen.until(() => first.screen.shown.length === 2);
    first.subscription.leave();
    const [part, whole] = first.screen.shown;
    const again = await watch('a', { source: both, after: part!.cursor });
    await again.screen.until(() => again.screen.shown.length === 2);
    expect(again.screen.versions).toEqual([1, 2]);
    const after = await watch('a', { source: both, after: whole!.cursor });
    expect(after.screen.shown).toEqual([]);
  });

  test('resumes after its cursor', async () => {
    const { watch, count } = start();
    const first = await watch('a');
    await count('a', 4);
    await first.screen.until(() => first.screen.versions.includes(4));
    first.subscription.leave();
    const cursor = first.screen.shown[2]!.cursor;
    await count('a', 3);
    const { screen } = await watch('a', { after: cursor });
    await screen.until(() => screen.versions.includes(7));
    await count('a');
    await screen.until(() => screen.versions.includes(8));
    expect(screen.versions).toEqual(range(3, 8));
    expect(screen.kinds).not.toContain('SNAPSHOT');
  });

  test('resumes after a cursor that is older than what the hub remembers', async () => {
    const { watch, count } = start();
    const first = await watch('a');
    await count('a', 900);
    await first.screen.until(() => first.screen.versions.includes(900));
    const { screen } = await watch('a', { after: first.screen.shown[1]!.cursor });
    await screen.until(() => screen.versions.includes(900));
    expect(screen.versions).toEqual(range(2, 900));
  });

  test('gets a snapshot where the log was trimmed past its cursor', async () => {
    const { watch, count } = start({ bounds: { maxEvents: 10, maxAgeMs: 3_600_000 } });
    const first = await watch('a');
    await count('a', 1);
    await first.screen.until(() => first.screen.versions.includes(1));
    first.subscription.leave();
    await fixture!.clock.advance(1001);
    await count('a', 50);
    const { screen } = await watch('a', { after: first.screen.lastCursor });
    await screen.until(() => screen.shown.length > 0);
    await count('a', 1);
    await screen.until(() => screen.versions.includes(52));
    expect(screen.versions).toEqual([51, 52]);
    expect(screen.kinds).toEqual(['SNAPSHOT', 'EVENT']);
  });

  test('is refused a cursor of another stream, and one that was never a cursor', async () => {
    const { watch, count } = start();
    const { screen } = await watch('b');
    await count('b');
    await screen.until(() => screen.versions.length === 2);
    for (const after of [screen.lastCursor, 'nonsense', '']) {
      await expect(watch('a', { after })).rejects.toThrow(InvalidCursorError);
    }
  });

  test('gets the error of its snapshot, and leaves nothing behind', async () => {
    const { watch, clock } = start();
    const failing = watch('a', { source: { snapshot: () => Promise.reject(new Error('no such count')) } });
    await expect(failing).rejects.toThrow('no such count');
    await clock.advance(1001);
    expect(await gauge('groups')).toBe(0);
  });

  test('loses nothing and doubles nothing, whenever it comes and goes', async () => {
    const { watch, count } = start();
    let version = 0;
    const seen: number[] = [];
    let after: string | undefined;
    for (let round = 0; round < 60; round += 1) {
      const { screen, subscription } = await watch('a', after === undefined ? {} : { after });
      const changes = round % 4;
      const counting = count('a', changes);
      version += changes;
      if (round % 3 === 0) await counting;
      // It may go before all has arrived: the rest comes with the next round.
      if (round % 2 === 0) await screen.until(() => screen.versions.at(-1) === version || changes === 0);
      subscription.leave();
      seen.push(...screen.versions);
      after = screen.shown.at(-1)?.cursor ?? after;
      await counting;
    }
    const { screen } = await watch('a', { after: after! });
    await count('a');
    await screen.until(() => screen.versions.includes(version + 1));
    seen.push(...screen.versions);
    expect(seen).toEqual(range(0, version + 1));
  });
});

describe('a group', () => {
  test('executes each event once for all who asked the same', async () => {
    const { watch, count, executions } = start();
    const screens = await Promise.all(range(1, 50).map(() => watch('a').then(({ screen }) => screen)));
    await count('a', 10);
    await Promise.all(screens.map((screen) => screen.until(() => screen.versions.includes(10))));
    expect((await executions())['event']).toBe(10);
    expect(await gauge('groups')).toBe(1);
  });

  test('is another one for another selection', async () => {
    const { watch, count, executions } = start();
    const whole = await watch('a');
    const part = await watch('a', {
      query: countedQuery.replace('name version cursor kind', 'version kind cursor'),
    });
    await count('a');
    await Promise.all([whole, part].map(({ screen }) => screen.until(() => screen.versions.includes(1))));
    expect((await executions())['event']).toBe(2);
  });

  test('executes missed events once for all who come back, however many they are', async () => {
    const { watch, count, executions } = start();
    const first = await watch('a');
    first.subscription.leave();
    const cursor = first.screen.lastCursor;
    await count('a', 100);
    const back = await Promise.all(range(1, 200).map(() => watch('a', { after: cursor })));
    await Promise.all(back.map(({ screen }) => screen.until(() => screen.versions.length === 100)));
    for (const { screen } of back) expect(screen.versions).toEqual(range(1, 100));
    expect((await executions())['event']).toBe(100);
  });

  test('shows an event that cannot be read to nobody, and goes on', async () => {
    const { watch, count, eventLog } = start();
    const { screen } = await watch('a');
    await eventLog.append([{ topic: 'count:a', event: { id: 'broken', at: 0, data: { name: 'a' } } }]);
    await count('a');
    await screen.until(() => screen.versions.includes(1));
    expect(screen.versions).toEqual([0, 1]);
    expect(await gauge('eventsRefused')).toBe(1);
  });

  test.each([
    { error: new Error('broken'), level: 50 },
    { error: new Unavailable('The record', new Error('It is away.')), level: 40 },
  ])(
    'asks its members to come back when an event cannot be executed, and says so: an outage is none of our mistakes ($level)',
    async ({ error, level }) => {
      const { watch, count, lines } = start();
      const { screen } = await watch('a', {
        source: {
          toValue: () => {
            throw error;
          },
        },
      });
      await count('a');
      await screen.until(() => screen.interruptions.length > 0);
      expect(screen.versions).toEqual([0]);
      expect(lines).toMatchObject([{ level, msg: 'an event could not be executed', topic: 'count:a' }]);
    },
  );

  test('is left, and its topic with it, some time after its last member', async () => {
    const { watch, clock, hub } = start();
    const { subscription } = await watch('a');
    subscription.leave();
    expect(await gauge('groups')).toBe(1);
    await clock.advance(1001);
    expect(await gauge('groups')).toBe(0);
    expect(await gauge('topics')).toBe(0);
    expect(await gauge('subscriptions')).toBe(0);
    await hub.close();
  });
});

test('a replay waits for a reader that is slow, without holding up the others', async () => {
  const { watch, count } = start();
  await count('a', 1);
  const early = await watch('a');
  await count('a', 50);
  await early.screen.until(() => early.screen.versions.includes(51));
  const slow = new Screen();
  const { promise, resolve } = Promise.withResolvers<void>();
  slow.full = promise;
  await watch('a', { after: early.screen.shown[0]!.cursor, screen: slow });
  await count('a', 1);
  await early.screen.until(() => early.screen.versions.includes(52));
  expect(slow.versions).toEqual([]);
  slow.full = undefined;
  resolve();
  await slow.until(() => slow.versions.includes(52));
  expect(slow.versions).toEqual(range(2, 52));
});

test('opening waits while the event log cannot be reached', async () => {
  let reachable = false;
  const { watch, clock, count } = start({
    eventLog: (log) => ({
      beginTurns: () => log.beginTurns(),
      findMissing: (appended) => log.findMissing(appended),
      append: (requests) => log.append(requests),
      position: (topic) => log.position(topic),
      standing: (topic, value) => log.standing(topic, value),
      read: (topic, after, limit) => log.read(topic, after, limit),
      follow: (topic, follower) =>
        reachable ? log.follow(topic, follower) : Promise.reject(new Error('the log is away')),
      close: () => log.close(),
    }),
  });
  const opening = watch('a');
  await clock.advance(300);
  reachable = true;
  await clock.advance(1000);
  const { screen } = await opening;
  await count('a');
  await screen.until(() => screen.versions.includes(1));

  reachable = false;
  const failing = watch('b');
  const expectation = expect(failing).rejects.toThrow(Unavailable);
  await clock.advance(10_000);
  await expectation;
});

async function gauge(name: 'groups' | 'topics' | 'subscriptions' | 'eventsRefused'): Promise<number> {
  const { values } = await fixture!.metrics[name].get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
