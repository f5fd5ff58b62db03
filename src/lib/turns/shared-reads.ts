/** Makes one read of equal ones, where it has not begun yet: nobody is given an answer that is older than their question. */

type Find<V> = (ids: readonly string[], signal?: AbortSignal) => Promise<ReadonlyMap<string, V>>;

/** A read that waits for an equal one, with all who wait for it. */
interface Waiting<V> {
  readonly callers: AbortSignal[];
  readonly result: PromiseWithResolvers<ReadonlyMap<string, V>>;
}

interface Equal<V> {
  underWay: number;
  next: Waiting<V> | null;
}

/** Equal reads that are under way at once. One that hangs holds up nobody alone. */
const maxEqual = 2;

const never = new AbortController().signal;

export class SharedReads<V> {
  readonly #find: Find<V>;
  /** By the ids that are read. There are as many as requests that wait. */
  readonly #reads = new Map<string, Equal<V>>();

  constructor(find: Find<V>) {
    this.#find = find;
  }

  /** What `find` says of these ids. Begun after it is called, and cancelled when nobody waits for it any more. */
  read(ids: readonly string[], signal: AbortSignal = never): Promise<ReadonlyMap<string, V>> {
    const key = JSON.stringify(ids);
    const equal = this.#reads.get(key) ?? { underWay: 0, next: null };
    this.#reads.set(key, equal);
    if (equal.underWay < maxEqual) return this.#begin(key, equal, ids, signal);
    equal.next ??= { callers: [], result: Promise.withResolvers() };
    equal.next.callers.push(signal);
    return equal.next.result.promise;
  }

  async #begin(
    key: string,
    equal: Equal<V>,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, V>> {
    equal.underWay += 1;
    try {
      return await this.#find(ids, signal);
    } finally {
      equal.underWay -= 1;
      const { next } = equal;
      equal.next = null;
      if (next) next.result.resolve(this.#begin(key, equal, ids, allOf(next.callers)));
      else if (equal.underWay === 0) this.#reads.delete(key);
    }
  }
}

/** Aborted when all of them are, for the reason of the last one: that a caller has left is no error. */
function allOf(signals: readonly AbortSignal[]): AbortSignal {
  const all = new AbortController();
  let waiting = signals.length;
  const leave = (signal: AbortSignal) => {
    waiting -= 1;
    if (waiting === 0) all.abort(signal.reason);
  };
  for (const signal of signals)
    if (signal.aborted) leave(signal);
    else signal.addEventListener('abort', () => leave(signal), { once: true });
  return all.signal;
}
