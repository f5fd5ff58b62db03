/** Proves when outboxes are flushed: at once when there is little to write, together when writing takes much of the time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import { FlushScheduler } from '../../src/transports/flush-scheduler.ts';
import { ManualClock } from '../support/clock.ts';

/** An outbox whose flush takes some time. Each flush sends `messages`. */
function tFlushable(busyMs = 0, messages = 1) {
  const waiters: (() => void)[] = [];
  return {
    flushes: 0,
    flushedIn: -1,
    flush() {
      const end = performance.now() + busyMs;
      while (performance.now() < end);
      this.flushes += 1;
      for (const resolve of waiters.splice(0)) resolve();
      return messages;
    },
    flushed: () => new Promise<void>((resolve) => waiters.push(resolve)),
  };
}

test('after a quiet time, an outbox is flushed in the next turn of the event loop', async () => {
  const scheduler = new FlushScheduler({
    maxWindowMs: 20,
    clock: new ManualClock(),
    metrics: createMetrics(),
  });
  const outbox = tFlushable();
  scheduler.schedule(outbox);
  expect(outbox.flushes).toBe(0);
  await nextTurn();
  await nextTurn();
  expect(outbox.flushes).toBe(1);
});

test('the window grows while writing takes much of the time, up to its bound, and closes again', async () => {
  const scheduler = new FlushScheduler({
    maxWindowMs: 8,
    clock: new ManualClock(),
    metrics: createMetrics(),
  });
  const busy = tFlushable(3, 100);
  const windows: number[] = [];
  while (windows.at(-1) !== 8) {
    scheduler.schedule(busy);
    await busy.flushed();
    windows.push(scheduler.windowMs);
  }
  expect(Math.max(...windows)).toBe(8);
  expect(windows.toSorted((a, b) => a - b)).toEqual(windows);

  const outbox = tFlushable();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  // A frame now and then.
  const source = setInterval(() => {
    scheduler.schedule(outbox);
    if (scheduler.windowMs === 0) resolve();
  }, 20);
  await closed;
  clearInterval(source);
});

test('outboxes do not wait when messages would not share a write: thousands of them that get one now and then', async () => {
  const scheduler = new FlushScheduler({
    maxWindowMs: 8,
    clock: new ManualClock(),
    metrics: createMetrics(),
  });
  const windows = new Set<number>();
  const end = performance.now() + 500;
  while (performance.now() < end) {
    const outbox = tFlushable(3);
    scheduler.schedule(outbox);
    await outbox.flushed();
    windows.add(scheduler.windowMs);
  }
  expect([...windows]).toEqual([0]);
});

test('flushing many outboxes does not block the event loop, and each is flushed once', async () => {
  const scheduler = new FlushScheduler({
    maxWindowMs: 0,
    clock: new ManualClock(),
    metrics: createMetrics(),
  });
  const outboxes = Array.from({ length: 400 }, () => tFlushable(0.1));
  const last = outboxes.at(-1)!.flushed();
  for (const outbox of outboxes) scheduler.schedule(outbox);
  let turns = 0;
  let done = false;
  void last.then(() => (done = true));
  while (!done) {
    await nextTurn();
    turns += 1;
  }
  expect(turns).toBeGreaterThan(2);
  expect(outboxes.every(({ flushes }) => flushes === 1)).toBe(true);
});

test('the latency of each event is measured when it was written', async () => {
  const metrics = createMetrics();
  const clock = new ManualClock();
  const scheduler = new FlushScheduler({ maxWindowMs: 0, clock, metrics });
  const outbox = tFlushable();
  scheduler.schedule(outbox);
  scheduler.noteDelivered(clock.now() - 1500);
  await nextTurn();
  await nextTurn();
  const { values } = await metrics.publishToSocket.get();
  expect(values.find(({ metricName }) => metricName?.endsWith('_count'))!.value).toBe(1);
  expect(values.find(({ metricName }) => metricName?.endsWith('_sum'))!.value).toBe(1.5);
});
