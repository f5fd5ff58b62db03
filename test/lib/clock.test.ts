/** What the clock of the system promises. */
import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { ManualClock } from '../support/clock.ts';

const dayMs = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('what is due in two months is not run before, and once', () => {
  const run = jest.fn();
  systemClock.after(60 * dayMs, run);
  jest.advanceTimersByTime(60 * dayMs - 1);
  expect(run).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(60 * dayMs);
  expect(run).toHaveBeenCalledTimes(1);
});

test('what was called off is not run, however far it had come', () => {
  const run = jest.fn();
  const cancel = systemClock.after(60 * dayMs, run);
  jest.advanceTimersByTime(50 * dayMs);
  cancel();
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(50 * dayMs);
  expect(run).not.toHaveBeenCalled();
});

const clocks: [
  string,
  () => { clock: Clock; advance: (ms: number) => Promise<unknown>; pending: () => number },
][] = [
  [
    'system clock',
    () => ({
      clock: systemClock,
      advance: (ms) => jest.advanceTimersByTimeAsync(ms),
      pending: () => jest.getTimerCount(),
    }),
  ],
  [
    'manual clock',
    () => {
      const clock = new ManualClock();
      return { clock, advance: (ms) => clock.advance(ms), pending: () => clock.pending };
    },
  ],
];

describe.each(clocks)('sleeping by the %s', (_name, create) => {
  test('ends when the time has passed, not before, and leaves no listener', async () => {
    const { clock, advance } = create();
    const { signal } = new AbortController();
    let isAwake = false;
    const sleeping = clock.sleep(60_000, signal).then(() => (isAwake = true));
    await advance(59_999);
    expect(isAwake).toBe(false);
    await advance(1);
    await sleeping;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('ends without an error as soon as the signal is aborted, and leaves neither timer nor listener', async () => {
    const { clock, pending } = create();
    const abort = new AbortController();
    const sleeping = clock.sleep(60_000, abort.signal);
    expect(pending()).toBe(1);
    abort.abort();
    await sleeping;
    expect(pending()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('does not begin when the signal is aborted already', async () => {
    const { clock, pending } = create();
    await clock.sleep(60_000, AbortSignal.abort());
    expect(pending()).toBe(0);
  });

  test('needs no signal', async () => {
    const { clock, advance } = create();
    const sleeping = clock.sleep(10);
    await advance(10);
    await sleeping;
  });
});

test('a sleep does not keep the process alive', () => {
  const code = `import('${new URL('../../src/lib/clock.ts', import.meta.url).href}').then(({ systemClock }) => {
    void systemClock.sleep(3_600_000);
    console.log('asleep');
  });`;
  const { stdout, status } = spawnSync(process.execPath, ['--eval', code], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ stdout, status }).toEqual({ stdout: 'asleep\n', status: 0 });
});
