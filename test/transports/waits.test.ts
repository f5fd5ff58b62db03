/** Proves that what waits for what passes is bounded: in number, in bytes, and in time. */
import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import { Waits, type Wait } from '../../src/transports/waits.ts';
import { ManualClock } from '../support/clock.ts';

function tWaits(maxSubscriptionsPerViewer = 5_000) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const waits = new Waits({ clock, metrics, maxSubscriptionsPerViewer });
  const waiting = async () => (await metrics.waiting.get()).values[0]!.value;
  return { clock, waits, waiting };
}

const mebibyte = 1024 * 1024;
const never = new AbortController().signal;
const errorOf = (code: string, more = {}) => ({ message: code, extensions: { code, ...more } });

test('as many of a viewer may wait as may be open, and each gives its place back once', async () => {
  const { waits, waiting } = tWaits(2);
  const first = waits.begin('ana');
  expect(waits.begin('ana')).toBeDefined();
  expect(waits.begin('ana')).toBeUndefined();
  expect(waits.begin('luis')).toBeDefined();
  expect(await waiting()).toBe(3);
  first!.end();
  expect(await waiting()).toBe(2);
  expect(waits.begin('ana')).toBeDefined();
});

test('the texts of one viewer, and of all, are bounded', () => {
  const { waits } = tWaits();
  expect(waits.begin('ana', 9 * mebibyte)).toBeUndefined();
  const viewers = Array.from({ length: 20 }, (_, at) => waits.begin(`viewer ${at}`, 7 * mebibyte));
  expect(viewers.filter(Boolean)).toHaveLength(9);
});

/** How long a wait lasts that is refused in the same way again and again, and its pauses. */
async function lastOut(clock: ManualClock, wait: Wait, error: ReturnType<typeof errorOf>) {
  const since = clock.now();
  let pauses = 0;
  for (;;) {
    const pausing = wait.pause(error, never);
    let isDone = false;
    void pausing.then(() => (isDone = true));
    while (!isDone) await clock.advance(10);
    if (!(await pausing)) return { pauses, ms: clock.now() - since };
    pauses += 1;
  }
}

test('a wait for the record ends after ten seconds, one for a rate when the rate says, and one for room once', async () => {
  const { clock, waits } = tWaits();
  const away = await lastOut(
    clock,
    waits.begin('a')!,
    errorOf('UPSTREAM_UNAVAILABLE', { retryAfterMs: 900 }),
  );
  expect(away.pauses).toBeGreaterThan(3);
  expect(away.ms).toBeGreaterThanOrEqual(10_000);
  expect(away.ms).toBeLessThan(10_500);
  const rate = await lastOut(clock, waits.begin('a')!, errorOf('RATE_LIMITED', { retryAfterMs: 60_000 }));
  expect(rate).toMatchObject({ pauses: 1 });
  const room = await lastOut(clock, waits.begin('a')!, errorOf('LIMIT_EXCEEDED', { retryAfterMs: 4_000 }));
  expect(room).toMatchObject({ pauses: 1 });
  expect(room.ms).toBeLessThan(4_500);
});

test('whoever leaves ends their wait', async () => {
  const { clock, waits } = tWaits();
  const leaving = new AbortController();
  const pausing = waits.begin('a')!.pause(errorOf('RATE_LIMITED', { retryAfterMs: 60_000 }), leaving.signal);
  leaving.abort();
  expect(await pausing).toBe(true);
  expect(clock.pending).toBe(0);
});
