/** Remembers what is made, so that whoever comes next need not wait for a promise of it. */

interface Memory<K, M> {
  get(key: K): M | Promise<M> | undefined;
  set(key: K, made: M | Promise<M>): unknown;
  delete(key: K): unknown;
}

/** What could not be made is made anew for the next one. */
export function remembered<K, M>(memory: Memory<K, M>, key: K, make: () => M | Promise<M>): M | Promise<M> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  if (made instanceof Promise) {
    made.then(
      (result) => memory.set(key, result),
      () => memory.delete(key),
    );
  }
  return made;
}
