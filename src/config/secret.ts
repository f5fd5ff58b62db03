/** Secrets: values that can be used, but are never shown by accident. */
import { inspect } from 'node:util';

const shown = '[secret]';

/** A value that stays hidden when it is logged, printed, serialised or put into a text. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call this where the value is used, and do not store it. */
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
