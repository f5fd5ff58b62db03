/** Spreads work over turns of the event loop, so that whoever else waits for the process is served in between. */

/** What a turn may take before work is left to later ones, milliseconds, unless said otherwise. */
const usualTurnMs = 25;

/**
 * Work runs at once as long as the turn has time left. After that it waits for later turns, in which each key has its piece
 * before any has another one: whoever has much work waits for themselves, and hardly for others.
 *
 * A turn that was long is followed by one in which nothing that waits is run, and never by two: a process that is behind with other
 * work goes on with this, too.
 *
 * How much waits is bounded by the callers: it is what they have under way.
 */
export class Turns {
  readonly #now: () => number;
  readonly #maxTurnMs: number;
  /** In the order in which the keys have their next pieces. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** When this turn began, as far as anything was run in it. */
  #begunAt: number | null = null;
  #isTaken = false;
  /** Whether the turn before was left to others. */
  #hasRested = false;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(now: () => number, maxTurnMs = usualTurnMs) {
    this.#now = now;
    this.#maxTurnMs = maxTurnMs;
  }

  /** Runs `work` and returns what it returns, or a promise of that where it has to wait for a later turn. */
  run<T>(key: string, work: () => T | Promise<T>): T | Promise<T> {
    if (this.#hasTime && this.#waiting.size === 0) return this.#start(work);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const piece = () => {
      try {
        resolve(this.#start(work));
      } catch (error) {
        reject(error);
      }
    };
    const pieces = this.#waiting.get(key);
    if (pieces) pieces.push(piece);
    else this.#waiting.set(key, [piece]);
    return promise;
  }

  /** What goes on behind a promise takes its time only when its caller has returned: nothing else is begun in that turn. */
  #start<T>(work: () => T | Promise<T>): T | Promise<T> {
    const result = work();
    if (result instanceof Promise) this.#isTaken = true;
    return result;
  }

  /** Whether there is time left in this turn. All that passes in it counts, whoever takes it. */
  get #hasTime(): boolean {
    this.#begunAt ??= this.#begin();
    return !this.#isTaken && this.#now() - this.#begunAt < this.#maxTurnMs;
  }

  #begin(): number {
    setImmediate(this.#end);
    return this.#now();
  }

  readonly #end = (): void => {
    const wasLong = !this.#hasTime;
    this.#begunAt = null;
    this.#isTaken = false;
    if (this.#waiting.size === 0) return;
    this.#begunAt = this.#begin();
    this.#hasRested = wasLong && !this.#hasRested;
    if (this.#hasRested) return;
    // What is run now is still part of the same turn of the loop.
    do this.#takeNext()();
    while (this.#waiting.size > 0 && this.#hasTime);
  };

  #takeNext(): () => void {
    const [key, pieces] = this.#waiting.entries().next().value!;
    const piece = pieces.shift()!;
    this.#waiting.delete(key);
    if (pieces.length > 0) this.#waiting.set(key, pieces);
    return piece;
  }
}
