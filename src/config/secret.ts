/** Owns secrets: values that are used where they are needed and shown nowhere. */
import { inspect } from 'node:util';

const shown = '[secret]';

/** A value that does not show when it is logged, printed, serialised or put into a text. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, and keep nothing of it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
