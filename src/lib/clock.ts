/** Owns the idea of time: whatever waits or dates something takes a Clock, so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once after `delayMs` milliseconds; the returned function calls it off. Never keeps the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** The longest delay that a timer of Node holds: with a longer one, such as a token of a month, it would run at once. */
const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
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
  },
};
