/** The cursor of an event, which is signed when it is read for the first time: most operations do not ask for it. */
import type { CursorFormat } from './cursor.ts';

/** A cursor: its text is what `String` makes of it, and `JSON.stringify`. */
export type CursorText = string | LazyCursor;

export class LazyCursor {
  readonly #cursors: CursorFormat;
  readonly #epoch: string;
  readonly #offset: number;
  readonly #at: number;
  #text: string | null = null;

  constructor(cursors: CursorFormat, epoch: string, offset: number, at: number) {
    this.#cursors = cursors;
    this.#epoch = epoch;
    this.#offset = offset;
    this.#at = at;
  }

  toString(): string {
    this.#text ??= this.#cursors.format({ epoch: this.#epoch, offset: this.#offset, at: this.#at });
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}
