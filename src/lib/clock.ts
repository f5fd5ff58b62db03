/** The port of time: whatever waits, or says when something happened, is handed a Clock, so that tests can move time by hand. */

declare const wall: unique symbol;

/**
 * Milliseconds since the Unix epoch, as the clock on the wall of this machine shows them: it is set now and then, and goes back
 * and forth. It says when something happened, and no more. The rule `clock/no-wall-durations` refuses to calculate with it or to
 * compare it; what dates and tokens say, which are of such clocks too, is compared
 * by the functions at the end of this file.
 */
export type WallTime = number & { readonly [wall]: true };

/** A date in milliseconds since the Unix epoch, whoever has said it. */
export type Moment = WallTime | number;

/** Milliseconds of a second, and so on. */
export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export interface Clock {
  /** For what people and tokens say: dates. Never for how long something takes. */
  now(): WallTime;
  /** Milliseconds since some moment of this process's life: it never goes back, whoever sets the clock. For all durations. */
  elapsed(): number;
  /** Calls `run` once after `delayMs` milliseconds; the returned function cancels it. Never keeps the process alive. */
  after(delayMs: number, run: () => void): () => void;
  /**
   * Resolves after `ms` milliseconds, or as soon as `signal` is aborted: the caller looks at the signal to tell which.
   * Never rejects, never keeps the process alive, and leaves no listener on the signal.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that a timer of Node holds: with a longer one, such as a token of a month, it would run at once. */
const maxTimerMs = 2 ** 31 - 1;

function after(delayMs: number, run: () => void): () => void {
  let leftMs = delayMs;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const stepMs = Math.min(leftMs, maxTimerMs);
    leftMs -= stepMs;
    timer = setTimeout(leftMs > 0 ? wait : run, stepMs);
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}

/** Makes the `sleep` of a clock from its `after`. */
export function createSleep(after: Clock['after']): Clock['sleep'] {
  return async (ms, signal) => {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = after(ms, resolve);
    const onAbort = () => {
      cancel();
      resolve();
    };
    signal?.addEventListener('abort', onAbort);
    await promise;
    signal?.removeEventListener('abort', onAbort);
  };
}

export const systemClock: Clock = {
  now: () => Date.now() as WallTime,
  elapsed: () => performance.now(),
  after,
  sleep: createSleep(after),
};

/** The time of a cache whose entries have a time to live. */
export const cacheTime = (clock: Pick<Clock, 'elapsed'>) => ({ now: () => clock.elapsed() });

/** The date that is so many milliseconds later; earlier where they are negative. */
export const shifted = (at: WallTime, byMs: number): WallTime => (at + byMs) as WallTime;

/** Whether a date has come. */
export const hasCome = (date: Moment, now: WallTime): boolean => date <= now;

/** How long ago a date was, milliseconds; negative when it is in the future. Whoever waits for it looks again now and then. */
export const msSince = (date: Moment, now: WallTime): number => now - date;

/** Seconds since the Unix epoch, as JWTs have them. */
export const secondsOf = (at: WallTime): number => Math.floor(at / 1_000);
