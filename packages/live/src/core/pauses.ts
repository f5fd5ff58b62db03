/** How long to wait before the next attempt: longer after each failure, by chance, and no longer once the network is back. */
import { onWake } from './page.ts';

const firstMs = 250;
const longestMs = 10_000;

/** After a connection that lasted this long, the next failure counts as the first one, milliseconds. */
const steadyMs = 5_000;

export class Pauses {
  #failures = 0;
  #since = Infinity;
  readonly #waiting = new Set<() => void>();

  /** Counts one more failure. Returns how long to wait, milliseconds: a part of it is chance, so that not all come back at once. */
  failed(): number {
    if (performance.now() - this.#since >= steadyMs) this.#failures = 0;
    this.#since = Infinity;
    const ms = Math.min(longestMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return ms * (0.5 + Math.random() / 2);
  }

  /** Counts one more failure, and resolves when the next attempt is due. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        callOff();
        this.#waiting.delete(done);
        resolve();
      };
      const callOff = after(this.failed(), done);
      this.#waiting.add(done);
    });
  }

  /** Whoever waits has waited enough. */
  hurry(): void {
    for (const done of this.#waiting) done();
  }

  /** It works now. Whether it goes on working shows later. */
  began(): void {
    this.#since = performance.now();
  }

  /** It works, and has got something done. */
  succeeded(): void {
    this.#failures = 0;
  }
}

/** Calls back once, when the time has passed or the page is awake again. Returns what calls it off. */
export function after(ms: number, then: () => void): () => void {
  const done = () => {
    clearTimeout(timer);
    unlisten();
  };
  const end = () => {
    done();
    then();
  };
  const timer = setTimeout(end, ms);
  const unlisten = onWake(end);
  return done;
}
