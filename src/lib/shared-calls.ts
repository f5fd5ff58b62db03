/** Owns calls that several wait for at once: one call, called off when none of them waits any more. */

interface Shared<T> {
  readonly promise: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

export class SharedCalls<T> {
  readonly #calls = new Map<string, Shared<T>>();

  /** Joins the call of this key that is under way, or makes it. Rejects at once when `signal` is aborted; without one, the call goes on to its end. */
  async join(
    key: string,
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const shared = this.#calls.get(key) ?? this.#begin(key, call);
    shared.waiting += 1;
    if (!signal) return shared.promise;
    const gone = Promise.withResolvers<never>();
    const onAbort = () => {
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        // Whoever comes now begins anew.
        if (this.#calls.get(key) === shared) this.#calls.delete(key);
        shared.abort.abort(signal.reason);
      }
      gone.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([shared.promise, gone.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #begin(key: string, call: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const abort = new AbortController();
    const promise = call(abort.signal).finally(() => {
      if (this.#calls.get(key)?.abort === abort) this.#calls.delete(key);
    });
    // Each who waits hears of a failure; when all are gone, nobody has to.
    promise.catch(() => {});
    const shared = { promise, abort, waiting: 0 };
    this.#calls.set(key, shared);
    return shared;
  }
}
