/** Calls that several callers share, and that wait for turns: a call begins when it is the turn of any who wait for it. */
import type { FairTurns } from './fair-turns.ts';
import { SharedCalls } from './shared-calls.ts';

class QueuedCall<T> {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly #call: (signal: AbortSignal) => Promise<T>;
  readonly #result = Promise.withResolvers<T>();
  /** Those of whom a turn is waited for. */
  readonly #callers = new Set<string>();
  #hasBegun = false;

  constructor(name: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
    this.name = name;
    this.signal = signal;
    this.#call = call;
    signal.addEventListener('abort', () => this.#result.reject(signal.reason as Error), { once: true });
  }

  get result(): Promise<T> {
    return this.#result.promise;
  }

  /** Resolves when there is a result, whatever it is, or nobody waits for one any more: a call may take no notice of that. */
  async isOver(): Promise<void> {
    await Promise.allSettled([this.result]);
  }

  /** Whether it waits for a turn of this caller from now on, and did not before: all their calls share one. */
  awaitsTurnOf(caller: string): boolean {
    if (this.#hasBegun || this.#callers.has(caller)) return false;
    this.#callers.add(caller);
    return true;
  }

  /** Undefined where another turn has begun it, or nobody waits for it any more; else resolves when it is done, whatever came of it. */
  begin(): Promise<void> | undefined {
    if (this.#hasBegun || this.signal.aborted) return undefined;
    this.#hasBegun = true;
    return this.#call(this.signal).then(this.#result.resolve, this.#result.reject);
  }
}

/**
 * Whoever comes before a call has begun shares it. Whoever comes later shares the next one for the same key, which begins when the one
 * under way is done: what that reads may be older than what they have seen before they came.
 */
export class QueuedCalls<T> {
  readonly #turns: FairTurns;
  /** By the name of the call: no two have the same. */
  readonly #calls = new SharedCalls<T>();
  /** By key, those that have not begun. */
  readonly #queued = new Map<string, QueuedCall<T>>();
  /** By key, what resolves when the call under way is over. */
  readonly #underWay = new Map<string, Promise<void>>();
  #count = 0;

  constructor(turns: FairTurns) {
    this.#turns = turns;
  }

  /**
   * Joins the call for this key that has not begun, or makes one. It waits for a turn of each `caller`. Rejects as
   * soon as `signal` is aborted; a call that nobody waits for any more does not begin.
   */
  join(
    key: string,
    caller: string,
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const name = this.#queued.get(key)?.name ?? this.#nextName();
    const joined = this.#calls.join(name, (shared) => this.#queue(key, name, call, shared), signal);
    const queued = this.#queued.get(key);
    if (queued?.awaitsTurnOf(caller)) {
      const before = this.#underWay.get(key);
      // Turns are for what may begin: of those who wait for the same, each would hold one.
      if (before) void before.then(() => this.#takeTurn(key, caller, queued));
      else this.#takeTurn(key, caller, queued);
    }
    return joined;
  }

  async #queue(
    key: string,
    name: string,
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const queued = new QueuedCall(name, call, signal);
    this.#queued.set(key, queued);
    try {
      return await queued.result;
    } finally {
      this.#leaveQueue(key, queued);
    }
  }

  #takeTurn(key: string, caller: string, queued: QueuedCall<T>): void {
    // Rejects when nobody waits for it any more.
    this.#turns.run(caller, queued.signal, () => this.#begin(key, queued)).catch(() => {});
  }

  /** Resolves when the turn may be somebody else's. */
  async #begin(key: string, queued: QueuedCall<T>): Promise<void> {
    this.#leaveQueue(key, queued);
    const done = queued.begin();
    if (!done) return;
    const over = queued.isOver().then(() => void this.#underWay.delete(key));
    this.#underWay.set(key, over);
    await done;
  }

  #leaveQueue(key: string, queued: QueuedCall<T>): void {
    if (this.#queued.get(key) === queued) this.#queued.delete(key);
  }

  #nextName(): string {
    this.#count += 1;
    return String(this.#count);
  }
}
