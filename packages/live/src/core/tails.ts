/** Asks now and then where streams stand: what was dropped behind the last event of one shows in no other way. */
import type { StreamPlacesQuery } from '../generated/operations.ts';
import type { Payload, Result } from '../ways/way.ts';
import type { LiveError } from './problems.ts';
import type { Stream } from './stream.ts';

/** How long what has just happened may be on its way, milliseconds. */
const longestGraceMs = 2_000;
/** Of which the service says in one answer where they stand. */
const maxAtOnce = 100;

/** The operation of `operations/live.graphql`, as a text: a fifth of its document. */
export const query =
  'query StreamPlaces($streams: [StreamInput!]!) { streamPlaces(streams: $streams) { cursor position } }';

export class Tails {
  readonly #streams: Iterable<Stream>;
  readonly #ask: (payload: Payload) => Promise<Result>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isAsking = false;

  /** `ask` rejects when there is no connection any more. */
  constructor(streams: Iterable<Stream>, ask: (payload: Payload) => Promise<Result>) {
    this.#streams = streams;
    this.#ask = ask;
  }

  /** A dropped tail is noticed within this time; null for never. */
  every(ms: number | null): void {
    clearInterval(this.#timer);
    if (ms === null) return;
    const graceMs = Math.min(longestGraceMs, ms / 4);
    this.#timer = setInterval(() => {
      if (!this.#isAsking) void this.#askAll(graceMs);
    }, ms - graceMs);
  }

  async #askAll(graceMs: number): Promise<void> {
    this.#isAsking = true;
    const open = [...this.#streams].filter(({ question }) => question);
    for (let from = 0; from < open.length; from += maxAtOnce) {
      const some = open.slice(from, from + maxAtOnce);
      const variables = { streams: some.map(({ question }) => question) };
      // Where the connection has ended for good nothing is shown any more.
      const answer = await this.#ask({ query, variables }).catch((_: LiveError) => null);
      const places = (answer?.data as StreamPlacesQuery | null | undefined)?.streamPlaces ?? [];
      places.forEach((place, at) => place && some[at]!.stands(place, graceMs));
    }
    this.#isAsking = false;
  }
}
