/** One EventSource with a ticket in its address: nothing else is done for its delivery. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, EventSource } from 'undici';
import { tTicket } from '../support/stream-tickets.ts';
import { streamAddress } from '../support/browser-source.ts';
import type { ClientPath } from './client-path.ts';
import { Sightings } from './sightings.ts';
import type { ClientFigures, ConnectionEnd, CursorlessClient } from './stock-client.ts';
import type { StreamKind } from './story.ts';
import type { Watched } from './watched.ts';

export interface SourceClientOptions {
  readonly name: string;
  readonly path: ClientPath;
  readonly token: string;
  readonly watched: Watched;
}

export class SourceClient implements CursorlessClient {
  readonly name: string;
  readonly kind: StreamKind;
  readonly path: ClientPath;
  /** It says only where it goes on. */
  readonly acknowledges = false;
  readonly sightings = new Sightings();
  /** It is told of no reason. */
  readonly ends: ReadonlyMap<number, ConnectionEnd> = new Map();
  readonly #agent = new Agent();
  readonly #source: EventSource;
  #events = 0;
  #refusal: string | undefined;
  /** Of its last answer: an EventSource does not tell. */
  #status: number | undefined;

  private constructor({ name, path, watched }: SourceClientOptions, address: string) {
    this.name = name;
    this.kind = watched.kind;
    this.path = path;
    this.#source = new EventSource(address, { node: { dispatcher: this.#agent } });
    subscribe(answers, this.#noteStatus);
    this.#source.addEventListener('open', () => this.sightings.connected());
    this.#source.addEventListener('next', (event) => this.#show(watched, (event as unknown as Data).data));
    this.#source.addEventListener('complete', () => (this.#refusal ??= 'its stream was completed'));
  }

  static async open(options: SourceClientOptions): Promise<SourceClient> {
    const { path, token, watched } = options;
    const url = `http://${path.host}`;
    const { query, variables } = watched.payload;
    const ticket = await tTicket(url, token);
    return new SourceClient(options, streamAddress(url, query, variables, { token: ticket }));
  }

  get death(): string | undefined {
    const { readyState, CLOSED } = this.#source;
    return this.#refusal ?? (readyState === CLOSED ? `it was answered with ${this.#status}` : undefined);
  }

  get figures(): ClientFigures {
    return { events: this.#events, connects: this.sightings.connection, turnedAway: 0 };
  }

  async end(): Promise<void> {
    this.#source.close();
    unsubscribe(answers, this.#noteStatus);
    await this.#agent.destroy();
  }

  readonly #noteStatus = (message: unknown): void => {
    const { request, response } = message as Answered;
    if (request.origin === `http://${this.path.host}`) this.#status = response.statusCode;
  };

  #show({ read }: Watched, text: string): void {
    const { data, errors } = JSON.parse(text) as { data?: Record<string, never>; errors?: unknown };
    if (errors) this.#refusal ??= `it was shown ${JSON.stringify(errors)}`;
    for (const value of Object.values(data ?? {})) this.sightings.note(read(value));
    this.#events += 1;
  }
}

interface Data {
  readonly data: string;
}

/** What undici tells of each answer. */
const answers = 'undici:request:headers';
interface Answered {
  readonly request: { readonly origin: string | URL };
  readonly response: { readonly statusCode: number };
}
