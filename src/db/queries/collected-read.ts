/** Reads by id that are asked for at the same time: one query for all of them. */

interface Waiting<Id, Value> {
  readonly ids: Set<Id>;
  readonly values: Promise<ReadonlyMap<Id, Value>>;
}

/** A read begins when nothing else of its moment is left to run: whoever asks until then has a part of it. */
export class CollectedRead<Id, Value> {
  readonly #read: (ids: readonly Id[]) => Promise<ReadonlyMap<Id, Value>>;
  #waiting: Waiting<Id, Value> | null = null;

  constructor(read: (ids: readonly Id[]) => Promise<ReadonlyMap<Id, Value>>) {
    this.#read = read;
  }

  /** Resolves with what was found of these ids, and maybe with more. */
  of(ids: readonly Id[]): Promise<ReadonlyMap<Id, Value>> {
    const waiting = (this.#waiting ??= this.#begin());
    for (const id of ids) waiting.ids.add(id);
    return waiting.values;
  }

  #begin(): Waiting<Id, Value> {
    const ids = new Set<Id>();
    const { promise: values, resolve, reject } = Promise.withResolvers<ReadonlyMap<Id, Value>>();
    const begin = () => {
      this.#waiting = null;
      this.#read([...ids]).then(resolve, reject);
    };
    // Behind the promises that are settled now, and then behind those which these settle.
    void Promise.resolve().then(() => process.nextTick(begin));
    return { ids, values };
  }
}
