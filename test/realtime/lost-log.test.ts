/** A log that was lost leaves no subscriber behind, and none is sent more than they can read. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import { FlushScheduler } from '../../src/transports/flush-scheduler.ts';
import type { Frame } from '../../src/realtime/frame.ts';
import { Outbox } from '../../src/transports/outbox.ts';
import { nextMessageHead, webSocketFraming } from '../../src/transports/websocket/framing.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import type { TopicEvent } from '../../src/realtime/topics/topic.ts';
import { ManualClock } from '../support/clock.ts';
import { losable } from '../support/losable-log.ts';
import { Screen, tHub, type Count, type HubFixture, type WatchOptions } from '../support/hub.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a lost log is made good with a snapshot for everyone, executed once', async () => {
  const { wrap, lose } = losable();
  const { watch, count, counts, executions } = start({ eventLog: wrap });
  const watched = await Promise.all(range(1, 20).map(() => watch('a')));
  await count('a', 2);
  await Promise.all(watched.map(({ screen }) => screen.until(() => screen.versions.includes(2))));
  const before = (await executions())['snapshot']!;
  counts.set('a', 7);
  await lose();
  await Promise.all(watched.map(({ screen }) => screen.until(() => screen.versions.includes(7))));
  await count('a');
  await Promise.all(watched.map(({ screen }) => screen.until(() => screen.versions.includes(8))));
  for (const { screen } of watched) expect(screen.versions).toEqual([0, 1, 2, 7, 8]);
  expect((await executions())['snapshot']).toBe(before + 1);
});

test('whoever begins while a lost log is made good is shown the state as a first one, and those who come back share theirs', async () => {
  const { wrap, lose } = losable();
  const { watch, count, clock, executions } = start({ eventLog: wrap });
  const release = Promise.withResolvers<void>();
  let isLost = false;
  const source: Partial<SubscriptionSource<Count>> = {
    async snapshot({ since }) {
      if (isLost) await release.promise;
      const kind = since === null ? 'FIRST' : 'RECOVERED';
      return [{ toValue: (cursor) => ({ name: 'a', version: 9, cursor, kind }), identity: null }];
    },
  };
  const cursors: string[] = [];
  for (let step = 0; step < 3; step += 1) {
    const { screen, subscription } = await watch('a', { source });
    await clock.advance(1_000);
    await count('a');
    await screen.until(() => screen.versions.length === 2);
    cursors.push(screen.lastCursor);
    subscription.leave();
  }
  const members = await Promise.all(range(1, 3).map(() => watch('a', { source })));
  await Promise.all(members.map(({ screen }) => screen.until(() => screen.shown.length === 1)));
  const before = (await executions())['snapshot']!;
  isLost = true;
  await lose();
  // Each of them was here at another time.
  const coming = [
    ...range(1, 3).map(() => watch('a', { source })),
    ...cursors.map((after) => watch('a', { source, after })),
  ];
  release.resolve();
  const came = await Promise.all(coming);
  for (const { screen } of members) {
    await screen.until(() => screen.shown.length === 2);
    expect(screen.kinds).toEqual(['FIRST', 'RECOVERED']);
  }
  await Promise.all(came.map(({ screen }) => screen.until(() => screen.shown.length === 1)));
  expect(came.flatMap(({ screen }) => screen.kinds)).toEqual([
    ...['FIRST', 'FIRST', 'FIRST'],
    ...['RECOVERED', 'RECOVERED', 'RECOVERED'],
  ]);
  // For members, for newcomers, and for those who come back: they may have seen what is newer than what was read before they came.
  expect((await executions())['snapshot']).toBe(before + 3);
});

test('a lost log shows what was changed since the last event before the loss, though later ones were heard of meanwhile', async () => {
  const { wrap, lose } = losable();
  const { watch, count, counts, clock } = start({ eventLog: wrap });
  const execution = Promise.withResolvers<void>();
  const asked: (number | null)[] = [];
  const { screen } = await watch('a', {
    source: {
      toValue: ({ event, cursor }) => execution.promise.then(() => ({ ...event, cursor, kind: 'EVENT' })),
      snapshot: ({ since }) => {
        asked.push(since);
        const toValue = (cursor: string) => ({
          name: 'a',
          version: counts.get('a') ?? 0,
          cursor,
          kind: 'SNAPSHOT',
        });
        return Promise.resolve([{ toValue, identity: null }]);
      },
    },
  });
  const lastBefore = clock.now();
  await count('a');
  await clock.advance(60_000);
  await lose();
  await count('a');
  execution.resolve();
  await screen.until(() => screen.versions.includes(2));
  expect(asked).toEqual([null, lastBefore]);
});

test('a lost log shows what was changed since the last event before the loss, though that happened before the stream began', async () => {
  const { wrap, lose } = losable();
  const { watch, eventLog, clock } = start({ eventLog: wrap });
  const changedAt = clock.now();
  await clock.advance(10_000);
  const asked: (number | null)[] = [];
  const { screen, subscription } = await watch('a', {
    source: {
      beginsWithSnapshot: false,
      snapshot: ({ since }) => {
        asked.push(since);
        const toValue = (cursor: string) => ({ name: 'a', version: 2, cursor, kind: 'SNAPSHOT' });
        return Promise.resolve([{ toValue, identity: null }]);
      },
    },
  });
  expect(subscription.position!.at).toBeLessThan(changedAt);
  await eventLog.append([
    { topic: 'count:a', event: { id: 'a-1', at: changedAt, data: { name: 'a', version: 1 } } },
  ]);
  await screen.until(() => screen.shown.length === 1);
  expect(subscription.position!.at).toBe(changedAt);
  await lose();
  await screen.until(() => screen.shown.length === 2);
  expect(asked).toEqual([changedAt]);
});

describe('a lost log shows whoever compares positions what was dropped on the way before they could ask', () => {
  const query = `subscription ($name: String!, $after: String) {
    counted(name: $name, after: $after) { name version cursor kind position follows } }`;

  /** A board of changes, and what it is asked for. */
  async function tBoard() {
    const { wrap, lose } = losable();
    const { watch, eventLog, clock } = start({ eventLog: wrap });
    const changes: (Count & { readonly at: number })[] = [];
    const source: Partial<SubscriptionSource<Count>> = {
      ...{ showsChanges: true, beginsWithSnapshot: false },
      snapshot: async ({ since }) =>
        changes
          .filter(({ at }) => since !== null && at >= since)
          .map(({ name, version }) => ({
            toValue: (cursor, position) => ({ name, version, cursor, kind: 'SNAPSHOT', position }),
            identity: { subject: name, version },
          })),
    };
    const change = async (name: string) => {
      const at = clock.now();
      changes.push({ name, version: 1, at });
      await eventLog.append([{ topic: 'count:board', event: { id: name, at, data: { name, version: 1 } } }]);
      await clock.advance(13_000);
    };
    return { lose, change, watch: (options: WatchOptions) => watch('board', { source, ...options }) };
  }

  const shown = ({ screen }: { readonly screen: Screen }) =>
    screen.shown.map(({ name, kind }) => `${name} ${kind}`);

  test('of members', async () => {
    const { lose, change, watch } = await tBoard();
    const comparing = await watch({ query });
    const other = await watch({});
    for (const name of ['dropped', 'last']) await change(name);
    await lose();
    await comparing.screen.until(() => comparing.screen.shown.length === 4);
    expect(shown(comparing)).toEqual(['dropped EVENT', 'last EVENT', 'dropped SNAPSHOT', 'last SNAPSHOT']);
    await other.screen.until(() => other.screen.shown.length === 3);
    expect(shown(other)).toEqual(['dropped EVENT', 'last EVENT', 'last SNAPSHOT']);
  });

  test('and of who comes back to the place that was kept for them', async () => {
    const { lose, change, watch } = await tBoard();
    const { subscription } = await watch({ query });
    for (const name of ['dropped', 'last']) await change(name);
    const { epoch, offset, at } = subscription.position!;
    const resumption = { find: () => Promise.resolve({ epoch, offset, at }) };
    subscription.leave();
    await lose();
    expect(shown(await watch({ query, resumption }))).toEqual(['dropped SNAPSHOT', 'last SNAPSHOT']);
    expect(shown(await watch({ resumption }))).toEqual(['last SNAPSHOT']);
  });
});

test('a lost log makes members come back when no snapshot can be had', async () => {
  const { wrap, lose } = losable();
  let record = true;
  const { watch } = start({ eventLog: wrap });
  const { screen } = await watch('a', {
    source: {
      snapshot: () =>
        record
          ? Promise.resolve([
              {
                toValue: (cursor) => ({ name: 'a', version: 0, cursor, kind: 'SNAPSHOT' }),
                identity: null,
              },
            ])
          : Promise.reject(new Error('the record is away')),
    },
  });
  await screen.until(() => screen.shown.length === 1);
  record = false;
  await lose();
  await screen.until(() => screen.interruptions.length > 0);
});

test('whoever leaves while a lost log is made good for them ends the read, and that is no failure', async () => {
  const { wrap, lose } = losable();
  const { watch, clock, lines } = start({ eventLog: wrap });
  const toValue = (cursor: string) => ({ name: 'a', version: 0, cursor, kind: 'SNAPSHOT' });
  const second = Promise.withResolvers<AbortSignal>();
  let reads = 0;
  const { screen, subscription } = await watch('a', {
    source: {
      snapshot({ signal }) {
        reads += 1;
        if (reads === 1) return Promise.resolve([{ toValue, identity: null }]);
        second.resolve(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      },
    },
  });
  await screen.until(() => screen.shown.length === 1);
  await lose();
  const signal = await second.promise;
  subscription.leave();
  expect(signal.aborted).toBe(true);
  await clock.advance(0);
  expect(lines).toEqual([]);
});

/** A reader behind a real outbox, whose socket takes everything as soon as it is written. */
class OutboxScreen extends Screen {
  overflows = 0;
  readonly #outbox: Outbox;

  constructor(maxBytes: number) {
    super();
    const metrics = createMetrics();
    const settings = {
      framing: webSocketFraming,
      scheduler: new FlushScheduler({ maxWindowMs: 0, clock: new ManualClock(), metrics }),
      ...{ metrics, maxBytes, maxMessageBytes: maxBytes },
    };
    const socket = { destroyed: false, writableLength: 0, write: () => true };
    this.#outbox = new Outbox(settings, socket, { overflowed: () => void (this.overflows += 1) });
  }

  override send(frame: Frame): void {
    this.#outbox.pushFrame(nextMessageHead('one'), frame);
    super.send(frame);
  }

  override ready(): Promise<void> | undefined {
    return this.#outbox.ready();
  }
}

test('a lost log closes no reader that keeps up, however large the snapshot that makes it good', async () => {
  const { wrap, lose } = losable();
  const { watch, count, executions } = start({ eventLog: wrap });
  const items = range(1, 1_500);
  const name = 'x'.repeat(1_000);
  const snapshot = () =>
    Promise.resolve(
      items.map((version) => ({
        toValue: (cursor: string) => ({ name, version, cursor, kind: 'SNAPSHOT' }),
        identity: null,
      })),
    );
  const screens = await Promise.all(
    range(1, 2).map(async () => {
      const screen = new OutboxScreen(256 * 1024);
      await watch('a', { source: { snapshot, beginsWithSnapshot: false }, screen });
      return screen;
    }),
  );
  await lose();
  await count('a');
  for (const screen of screens) {
    await screen.until(() => screen.overflows > 0 || screen.kinds.at(-1) === 'EVENT');
    expect(screen.overflows).toBe(0);
    expect(screen.versions).toEqual([...items, 1]);
  }
  expect((await executions())['snapshot']).toBe(items.length);
});

test('who begins while a group still works off what came before the loss is shown the state once', async () => {
  const { wrap, lose } = losable();
  const { watch, count, executions } = start({ eventLog: wrap });
  const execution = Promise.withResolvers<void>();
  const source = {
    toValue: ({ event, cursor }: TopicEvent<Count>) =>
      execution.promise.then(() => ({ ...event, cursor, kind: 'EVENT' })),
  };
  const early = await watch('a', { source });
  await count('a');
  await lose();
  const late = await watch('a', { source });
  await fixture!.clock.advance(0);
  const snapshots = (await executions())['snapshot'];
  execution.resolve();
  await early.screen.until(() => early.screen.kinds.length === 3);
  await count('a');
  for (const { screen } of [early, late]) await screen.until(() => screen.versions.includes(2));
  expect(early.screen.versions).toEqual([0, 1, 1, 2]);
  expect(late.screen.versions).toEqual([1, 2]);
  expect(late.screen.kinds).toEqual(['SNAPSHOT', 'EVENT']);
  expect(snapshots).toBe(2);
});
