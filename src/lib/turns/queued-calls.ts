/** Calls that several callers share, and that wait for turns: a call begins when it is the turn of any who wait for it. */
import type { FairTurns } from './fair-turns.ts';
import { SharedCalls } from './shared-calls.ts';

class QueuedCall<T> {
  readonly signal: AbortSignal;
  readonly #call: (signal: AbortSignal) => Promise<T>;
  readonly #result = Promise.withResolvers<T>();
  /** Those of whom a turn is waited for. */
  readonly #callers = new Set<string>();
  #hasBegun = false;

  constructor(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
    this.signal = signal;
    this.#call = call;
    signal.addEventListener('abort', () => this.#result.reject(signal.reason as Error), { once: true });
  }

  get result(): Promise<T> {
    return this.#result.promise;
  }

  /** Whether it waits for a turn of this caller from now on, and did not before: all their calls share one. */
  awaitsTurnOf(caller: string): boolean {
    if (this.#hasBegun || this.#callers.has(caller)) return false;
    this.#callers.add(caller);
    return true;
  }

  /** Resolves when it is done, whatever came of it; at once where another turn has begun it. */
  async begin(): Promise<void> {
    if (this.#hasBegun || this.signal.aborted) return;
    this.#hasBegun = true;
    await this.#call(this.signal).then(this.#result.resolve, this.#result.reject);
  }
}

export class QueuedCalls<T> {
  readonly #turns: FairTurns;
  readonly #calls = new SharedCalls<T>();
  readonly #queued = new Map<string, QueuedCall<T>>();

  constructor(turns: FairTurns) {
    this.#turns = turns;
  }

  /**
   * Joins the call for this key that waits or is under way, or makes one. It waits for a turn of each `caller`. Rejects as
   * soon as `signal` is aborted; a call that nobody waits for any more does not begin.
   */
  join(
    key: string,
    caller: string,
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const joined = this.#calls.join(key, (shared) => this.#queue(key, call, shared), signal);
    const queued = this.#queued.get(key);
    if (queued?.awaitsTurnOf(caller)) {
      // Rejects when nobody waits for it any more.
      this.#turns.run(caller, queued.signal, () => queued.begin()).catch(() => {});
    }
    return joined;
  }

  async #queue(key: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const queued = new QueuedCall(call, signal);
    this.#queued.set(key, queued);
    try {
      return await queued.result;
    } finally {
      if (this.#queued.get(key) === queued) this.#queued.delete(key);
    }
  }
}
