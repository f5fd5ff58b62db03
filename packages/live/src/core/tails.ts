/** Looks behind the last event of each quiet stream now and then: what was dropped there shows in no other way. */
import type { Stream } from './stream.ts';

export class Tails {
  readonly #streams: Iterable<Stream>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(streams: Iterable<Stream>) {
    this.#streams = streams;
  }

  /** Each stream that stays quiet is looked behind once in this time; null for never. */
  every(ms: number | null): void {
    clearInterval(this.#timer);
    if (ms === null) return;
    this.#timer = setInterval(() => {
      for (const stream of this.#streams) stream.lookBehind();
    }, ms / 2);
  }
}
