/** The port of time: whatever waits, or says when something happened, is handed a Clock, so that tests can move time by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
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

export const systemClock: Clock = { now: () => Date.now(), after, sleep: createSleep(after) };
