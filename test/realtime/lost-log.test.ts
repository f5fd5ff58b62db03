/** Proves that a log that was lost leaves nobody behind, and that nobody is pushed more than they can take. */
import { afterEach, expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import { FlushScheduler } from '../../src/realtime/flush-scheduler.ts';
import type { Frame } from '../../src/realtime/frame.ts';
import { Outbox } from '../../src/realtime/outbox.ts';
import { nextMessageHead, webSocketFraming } from '../../src/realtime/websocket-framing.ts';
import type { EventLog } from '../../src/stores/event-log/event-log.ts';
import { Screen, tHub, type HubFixture } from '../support/hub.ts';

let fixture: HubFixture | undefined;
const start = (...args: Parameters<typeof tHub>) => (fixture = tHub(...args));

afterEach(async () => {
  await fixture?.hub.close();
  await fixture?.eventLog.close();
  fixture = undefined;
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A log whose followers can be told that the past is lost. */
function losable() {
  const followers: (() => Promise<void>)[] = [];
  const wrap = (log: EventLog): EventLog => ({
    append: (requests) => log.append(requests),
    position: (topic) => log.position(topic),
    read: (topic, after, limit) => log.read(topic, after, limit),
    follow(topic, follower) {
      followers.push(async () => follower.onLost(await log.position(topic)));
      return log.follow(topic, follower);
    },
    close: () => log.close(),
  });
  return { wrap, lose: () => Promise.all(followers.map((tell) => tell())) };
}

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
        return Promise.resolve([{ toValue, covers: null }]);
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
                covers: null,
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

/** A reader behind a real outbox, whose socket takes everything as soon as it is written. */
class OutboxScreen extends Screen {
  overflows = 0;
  readonly #outbox: Outbox;

  constructor(maxBytes: number) {
    super();
    const metrics = createMetrics();
    this.#outbox = new Outbox({
      socket: { destroyed: false, writableLength: 0, write: () => true },
      framing: webSocketFraming,
      scheduler: new FlushScheduler({ maxWindowMs: 0, metrics }),
      metrics,
      maxBytes,
      onOverflow: () => (this.overflows += 1),
    });
  }

  override show(frame: Frame): void {
    this.#outbox.pushFrame(nextMessageHead('one'), frame);
    super.show(frame);
  }

  override room(): Promise<void> | undefined {
    return this.#outbox.room();
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
        covers: null,
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
