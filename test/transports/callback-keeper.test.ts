/** How often a process looks for subscriptions by callback that others have left. */
import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { CallbackStore } from '../../src/stores/callbacks/callbacks.ts';
import { CallbackKeeper } from '../../src/transports/callback/kept/keeper.ts';
import { ManualClock } from '../support/clock.ts';
import { tLogLines } from '../support/log-lines.ts';

/** How often a process looks within this time. */
async function looksWithin(ms: number, mayCallBack: boolean): Promise<number> {
  let looks = 0;
  const store: CallbackStore = {
    isShared: true,
    keep: () => Promise.resolve('kept'),
    write: () => Promise.resolve([]),
    take() {
      looks += 1;
      return Promise.resolve([]);
    },
  };
  const clock = new ManualClock();
  const keeper = new CallbackKeeper({
    ...{ store, clock, mayCallBack, log: tLogLines().log, metrics: createMetrics() },
    canTake: () => true,
    takeOver: () => undefined,
  });
  await clock.advance(ms);
  const closed = keeper.close();
  await clock.advance(0);
  await closed;
  return looks;
}

test('a process whose routers may be called back looks often, so that they hear nothing of one that has ended', async () => {
  expect(await looksWithin(60_000, true)).toBeGreaterThan(200);
});

test('a process that may call nobody back looks when it begins, and rarely after that', async () => {
  const looks = await looksWithin(60_000, false);
  expect(looks).toBeGreaterThanOrEqual(2);
  expect(looks).toBeLessThanOrEqual(3);
});
