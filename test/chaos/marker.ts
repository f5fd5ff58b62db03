/** What is changed for clients without a cursor alone: a dispatch with its positions, and a channel of messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import { createDispatch } from '../support/operations.ts';
import type { Cluster } from './cluster.ts';
import type { StreamKind } from './story.ts';
import { latitudeOf, messagesId, positionsId } from './watched.ts';

/** Time between two changes, milliseconds. */
const pauseMs = 500;
/** A request without an answer after this time is sent once more. */
const answerMs = 30_000;

const change =
  'mutation ($id: ID!, $to: ID!, $key: String!) { assignDispatch(id: $id, ambulanciaId: $to, idempotencyKey: $key) { version } }';
const say =
  'mutation ($channel: String!, $text: String!, $key: String!) { broadcastMessage(channel: $channel, message: $text, idempotencyKey: $key) { id } }';
const report =
  'mutation ($id: ID!, $at: LocationInput!, $key: String!) { reportLocation(despachoId: $id, input: $at, idempotencyKey: $key) { latitud } }';

export class Marker {
  readonly id: string;
  readonly channel = 'marker';
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #device: string;
  readonly #over = new AbortController();
  readonly #newest = { version: 1, message: 0, position: 0 };
  #marking: Promise<void> = Promise.resolve();

  private constructor(cluster: Cluster, seed: number, id: string, device: string) {
    this.#cluster = cluster;
    this.#random = createRandom(hashText(`${seed} marker`));
    this.id = id;
    this.#device = device;
  }

  static async create(cluster: Cluster, seed: number): Promise<Marker> {
    const id = await createDispatch(cluster.client);
    return new Marker(cluster, seed, id, await cluster.token('device', 'system'));
  }

  /** From now on everything is changed again and again, whatever happens to the processes. */
  start(): void {
    this.#marking = this.#mark();
    // Thrown by `finish`; until then it must not be an unhandled rejection.
    this.#marking.catch(() => undefined);
  }

  /** Resolves when nothing is changed any more. */
  async finish(): Promise<void> {
    this.#over.abort();
    await this.#marking;
  }

  /** What a stream of this kind has to show by now. */
  newestFor(kind: StreamKind): ReadonlyMap<string, number> {
    const { version, message, position } = this.#newest;
    if (kind === 'messages') return new Map([[messagesId, message]]);
    if (kind === 'positions') return new Map([[positionsId, position]]);
    return new Map([[this.id, version]]);
  }

  async #mark(): Promise<void> {
    const { signal } = this.#over;
    for (let count = 1; !signal.aborted; count += 1) {
      const { id, channel } = this;
      const changed = await this.#send<{ version: number }>(change, {
        id,
        to: `A-${count}`,
        key: `a-${count}`,
      });
      this.#newest.version = changed.version;
      await this.#send(say, { channel, text: String(count), key: `m-${count}` });
      this.#newest.message = count;
      const at = { latitud: latitudeOf(count), longitud: 1 };
      await this.#send(report, { id, at, key: `p-${count}` }, this.#device);
      this.#newest.position = count;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Sends a change with its key until it is answered, to one process after the other: it is made once. */
  async #send<T>(query: string, variables: object, token?: string): Promise<T> {
    const bearer = token ?? (await this.#cluster.token('marker'));
    for (;;) {
      const { url } = this.#cluster.pickServer(this.#random);
      const value = await this.#sendOnce<T>(`${url}/graphql`, bearer, JSON.stringify({ query, variables }));
      if (value) return value;
      await sleep(100);
    }
  }

  /** Undefined where the process did not answer, or could not make the change now. */
  async #sendOnce<T>(url: string, token: string, body: string): Promise<T | undefined> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    try {
      const signal = AbortSignal.timeout(answerMs);
      const response = await fetch(url, { method: 'POST', headers, body, signal });
      const { data, errors } = (await response.json()) as Answer<T>;
      const code = errors?.[0]?.extensions?.code;
      if (errors && code !== 'UPSTREAM_UNAVAILABLE') throw new Error(`${body}: ${JSON.stringify(errors)}`);
      return Object.values(data ?? {})[0] ?? undefined;
    } catch (error) {
      // A process that is down, or is killed or frozen just then.
      if (!['TypeError', 'TimeoutError'].includes((error as Error).name)) throw error;
      return undefined;
    }
  }
}

interface Answer<T> {
  readonly data?: Readonly<Record<string, T | null>> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}
