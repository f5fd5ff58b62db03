/** Asks now and then where each stream stands: what was dropped behind the last event shows in no other way. */
import type { Stream } from './stream.ts';
import type { Variables } from './operation.ts';

/** Fields in one query: services and routers bound how many aliases one may have. */
const perQuery = 25;
/** What the service has sent just now may still be on its way, milliseconds. */
const graceMs = 1_000;

type Ask = (query: string, variables: Variables) => Promise<Readonly<Record<string, unknown>>>;

export class Tails {
  readonly #streams: Iterable<Stream>;
  readonly #ask: Ask;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #everyMs: number | null = null;

  constructor(streams: Iterable<Stream>, ask: Ask) {
    this.#streams = streams;
    this.#ask = ask;
  }

  start(everyMs: number): void {
    if (this.#everyMs === everyMs) return;
    this.stop();
    this.#everyMs = everyMs;
    this.#later(everyMs, () => void this.#look());
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#everyMs = null;
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }

  async #look(): Promise<void> {
    const open = [...this.#streams].filter(({ place }) => place !== null);
    for (let from = 0; from < open.length; from += perQuery) {
      // Where it is not answered, the connection is lost, or a router does not know the question: there is a next time.
      await this.#compare(open.slice(from, from + perQuery)).catch(() => undefined);
    }
    const everyMs = this.#everyMs;
    if (everyMs !== null) this.#later(everyMs, () => void this.#look());
  }

  async #compare(streams: readonly Stream[]): Promise<void> {
    const declared = streams.map((_, at) => `$f${at}: String!, $a${at}: JSON!`);
    const fields = streams.map((_, at) => `p${at}: streamPosition(field: $f${at}, arguments: $a${at})`);
    const asked = streams.flatMap(({ place }, at) => [
      [`f${at}`, place?.field],
      [`a${at}`, place?.arguments],
    ]);
    const query = `query StreamPositions(${declared.join(', ')}) { ${fields.join(' ')} }`;
    const positions = await this.#ask(query, Object.fromEntries(asked) as Variables);
    for (const [at, stream] of streams.entries()) {
      const position = positions[`p${at}`];
      if (typeof position === 'string' && isBehind(stream, position))
        this.#later(graceMs, () => {
          if (isBehind(stream, position)) stream.heal();
        });
    }
  }
}

const isBehind = ({ place }: Stream, position: string) => place !== null && place.last < position;
