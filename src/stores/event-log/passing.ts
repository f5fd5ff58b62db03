/** Which event of a log passed each filter last. As the script of the log on Redis does it. */

export class Passing {
  /** The offset of the last event that passed each value. There are as many as the topic's filters have, which no client chooses. */
  readonly #last = new Map<string, number>();
  /** Behind this offset it is known of every event what it passed, up to `#upTo`. */
  #from = 0;
  #upTo = 0;

  /** An event at this offset passes these values. Returns those before it: see `LoggedEvent.before`. */
  note(offset: number, values: readonly string[]): Record<string, number> {
    if (this.#upTo !== offset - 1) {
      // Somebody has appended without saying what passes.
      this.#last.clear();
      this.#from = offset - 1;
    }
    this.#upTo = offset;
    const before: Record<string, number> = {};
    for (const value of values) {
      const last = this.#last.get(value) ?? (this.#from === 0 ? 0 : undefined);
      if (last !== undefined) before[value] = last;
      this.#last.set(value, offset);
    }
    return before;
  }

  /** The offset of the last event of a log with this head that passed the value, 0 where none did; undefined where that is not known. */
  last(value: string, head: number): number | undefined {
    if (this.#upTo !== head) return undefined;
    return this.#last.get(value) ?? (this.#from === 0 ? 0 : undefined);
  }
}
