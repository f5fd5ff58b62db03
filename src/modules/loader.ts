/** Reads by id on behalf of one request or one event: what is asked for at the same time is one read, and nothing is read twice. */
import { CollectedRead } from '../db/queries/collected-read.ts';

export class Loader<Value> {
  readonly #absent: Value;
  readonly #read: CollectedRead<string, Value>;
  readonly #known = new Map<string, Promise<Value>>();

  /** `absent`: what is shown of ids that nothing is found of. */
  constructor(find: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>, absent: Value) {
    this.#absent = absent;
    this.#read = new CollectedRead(find);
  }

  /** Rejects with what the read of it rejected with, then and later. */
  load(id: string): Promise<Value> {
    const known = this.#known.get(id);
    if (known) return known;
    const value = this.#read.of([id]).then((found) => found.get(id) ?? this.#absent);
    this.#known.set(id, value);
    return value;
  }
}
