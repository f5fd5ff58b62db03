/** The parts of a program, each with a name, so that one that fails to close, or never does, can be told. */

export interface PartFailure {
  readonly part: string;
  readonly error: unknown;
}

export class Parts {
  readonly #parts: { readonly part: string; readonly close: () => unknown }[] = [];
  #isClosed = false;
  #closing: string | null = null;

  /** The one that is being closed; null where none is. */
  get closing(): string | null {
    return this.#closing;
  }

  /** Throws when they are being closed: nobody would close this one. */
  add(part: string, close: () => unknown): void {
    if (this.#isClosed) throw new Error(`It is too late for ${part}: everything is being closed.`);
    this.#parts.push({ part, close });
  }

  /** Closes them one after the other, the last one first, also where one fails. To be called once. */
  async close(onFailure: (failure: PartFailure) => void): Promise<void> {
    this.#isClosed = true;
    for (const { part, close } of this.#parts.splice(0).reverse()) {
      this.#closing = part;
      try {
        await close();
      } catch (error) {
        onFailure({ part, error });
      }
    }
    this.#closing = null;
  }
}
