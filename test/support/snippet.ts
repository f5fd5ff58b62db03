/**
 * The globals that code of the documentation uses when tests run it: tokens, each newer than the one before, what browsers have, and
 * a function that shows results.
 */
import { EventSource as UndiciEventSource } from 'undici';

/** As in a browser, whose page stays while it waits to connect again. */
class EventSource extends UndiciEventSource {
  readonly #page = setInterval(() => {}, 60_000);

  override close(): void {
    clearInterval(this.#page);
    super.close();
  }
}

const { TOKENS = '' } = process.env;
const tokens = TOKENS.split(' ');

Object.assign(globalThis, {
  EventSource,
  getToken: () => Promise.resolve(tokens.length > 1 ? tokens.shift() : tokens[0]),
  show: (value: unknown) => console.log(JSON.stringify(value)),
});
