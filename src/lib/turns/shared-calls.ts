/** Calls that several callers share: there is one call for all, and it is aborted when none of them waits any more. */

interface Shared<T> {
  readonly promise: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

const once = { once: true } as const;

export class SharedCalls<T> {
  /** Undefined while no call is under way: there may be very many of these objects. */
  #calls: Map<string, Shared<T>> | undefined;

  /**
   * Joins the call that is under way for this key, or makes it. Rejects as soon as `signal` is aborted; a caller without a
   * signal waits to the end.
   */
  join(key: string, call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const shared = this.#calls?.get(key) ?? this.#begin(key, call);
    shared.waiting += 1;
    if (!signal) return shared.promise;
    // Thousands may wait for one call: each has one promise for it.
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        shared.waiting -= 1;
        if (shared.waiting === 0) {
          // Whoever comes from now on makes a new call.
          this.#forget(key, shared.abort);
          shared.abort.abort(signal.reason);
        }
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, once);
      shared.promise.then(
        (result) => {
          signal.removeEventListener('abort', onAbort);
          resolve(result);
        },
        (error: unknown) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      );
    });
  }

  #begin(key: string, call: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const abort = new AbortController();
    const promise = call(abort.signal).finally(() => {
      this.#forget(key, abort);
    });
    // Every caller that waits gets the rejection. When none does any more, it must not be an unhandled one.
    promise.catch(() => {});
    const shared = { promise, abort, waiting: 0 };
    this.#calls ??= new Map();
    this.#calls.set(key, shared);
    return shared;
  }

  #forget(key: string, abort: AbortController): void {
    if (this.#calls?.get(key)?.abort !== abort) return;
    this.#calls.delete(key);
    if (this.#calls.size === 0) this.#calls = undefined;
  }
}
