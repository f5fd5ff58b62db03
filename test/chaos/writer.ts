/** Writes dispatches in several lanes at once, each from its creation to its end, whatever happens to the servers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import type { GraphQLAnswer } from '../support/test-client.ts';
import { Facts } from '../support/graphql-client.ts';
import type { Cluster } from './cluster.ts';

/** A request without an answer after this time is taken for one that hangs, which is a fault of the service, however busy the machine is. */
const hangsAfterMs = 180_000;
const pauseMs = [150, 900] as const;
const maxReassignments = 4;
const statesAfterAssignment = ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'];

export interface Life {
  readonly id: string;
  /** The newest version that the writer knows. */
  version: number;
}

interface Changed {
  readonly id: string;
  readonly version: number;
}

/** The writer found a broken promise of the service. */
export class WriterFault extends Error {}

/** Dispatches that are written one after the other. */
export class Lane {
  readonly lives: Life[] = [];
  readonly #facts = new Facts();
  #isOver = false;

  /** The dispatch of this number; waits until it exists. Undefined when there will be none. */
  async life(index: number): Promise<Life | undefined> {
    await this.#facts.eventually(() => this.#isOver || this.lives.length > index);
    return this.lives[index];
  }

  begin(life: Life): void {
    this.lives.push(life);
    this.#facts.changed();
  }

  end(): void {
    this.#isOver = true;
    this.#facts.changed();
  }
}

export interface WriterOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly lanes: number;
  /** The viewer who follows the dispatches of a lane. */
  followerOf(lane: number): string | undefined;
}

export class Writer {
  readonly lanes: readonly Lane[];
  readonly #options: WriterOptions;
  readonly #givenUp = new AbortController();
  #isLastLap = false;
  #changes = 0;
  #uncertain = 0;
  #slowestMs = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.lanes = Array.from({ length: options.lanes }, () => new Lane());
  }

  /** Writes until `finish`. Rejects with the first broken promise of the service. */
  async write(): Promise<void> {
    try {
      await Promise.all(this.lanes.map((lane, index) => this.#fill(lane, index)));
    } finally {
      this.#givenUp.abort();
    }
  }

  /** Has `write` finish the dispatches that have begun, and write one more whole dispatch in each lane. */
  finish(): void {
    this.#isLastLap = true;
  }

  /** Gives up dispatches that are not finished. */
  [Symbol.dispose](): void {
    this.#givenUp.abort();
  }

  get lives(): Life[] {
    return this.lanes.flatMap(({ lives }) => lives);
  }

  /** Executed changes, requests without an answer, and the longest time to an answer. */
  get figures(): { readonly changes: number; readonly uncertain: number; readonly slowestMs: number } {
    return { changes: this.#changes, uncertain: this.#uncertain, slowestMs: this.#slowestMs };
  }

  async #fill(lane: Lane, index: number): Promise<void> {
    const random = createRandom(hashText(`${this.#options.seed} lane ${index}`));
    const token = await this.#options.cluster.token(`writer-${index}`);
    const follower = this.#options.followerOf(index);
    try {
      for (let isLast = false; !isLast;) {
        isLast = this.#isLastLap;
        const life = await this.#create(random, token);
        if (follower) await this.#follow(random, follower, life);
        lane.begin(life);
        await this.#live(random, token, life);
      }
    } finally {
      lane.end();
    }
  }

  async #live(random: Random, token: string, life: Life): Promise<void> {
    const assignments = 1 + Math.floor(random() * (maxReassignments + 1));
    const assign =
      'mutation ($id: ID!, $to: ID!, $expected: Int) { assignDispatch(id: $id, ambulanciaId: $to, expectedVersion: $expected) { id version } }';
    const move =
      'mutation ($id: ID!, $to: DispatchStatus!, $expected: Int) { updateDispatchStatus(id: $id, estado: $to, expectedVersion: $expected) { id version } }';
    for (let number = 1; number <= assignments; number += 1) {
      await this.#step(random, token, life, assign, `A-${number}`);
    }
    for (const estado of statesAfterAssignment) await this.#step(random, token, life, move, estado);
  }

  /** Sends one change, and repeats it until it is known to have been executed exactly once. */
  async #step(random: Random, token: string, life: Life, query: string, to: string): Promise<void> {
    await sleep(between(random, ...pauseMs));
    const expected = life.version;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#ask<Changed>(random, token, query, { id: life.id, to, expected });
      if (!answer) continue;
      const { version, conflictsWith } = readChange(answer);
      // An earlier attempt, whose answer was lost, had been executed.
      const isRecognised = attempt > 1 && conflictsWith === expected + 1;
      if (version !== expected + 1 && !isRecognised)
        throw new WriterFault(
          `Dispatch ${life.id}, ${to} at version ${expected}, attempt ${attempt}: ${JSON.stringify(answer)}`,
        );
      life.version = expected + 1;
      this.#changes += 1;
      return;
    }
  }

  /** Creates a dispatch. When the answer was lost, it creates another one: the first is never changed, but subscribers must see it. */
  async #create(random: Random, token: string): Promise<Life> {
    const query =
      'mutation { createDispatch(input: { origen: { latitud: -16.5, longitud: -68.15 } }) { id version } }';
    return this.#must<Changed>(random, token, query, {});
  }

  async #follow(random: Random, follower: string, { id }: Life): Promise<void> {
    const query = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id version } }';
    await this.#must<Changed>(random, await this.#options.cluster.token(follower), query, { id });
  }

  async #must<T>(random: Random, token: string, query: string, variables: object): Promise<T> {
    for (;;) {
      const answer = await this.#ask<T>(random, token, query, variables);
      if (!answer) continue;
      if (answer.errors || !answer.data) throw new WriterFault(`${query}: ${JSON.stringify(answer)}`);
      this.#changes += 1;
      return Object.values(answer.data)[0]!;
    }
  }

  /** Sends a request to any process. Undefined when there was no answer: it may have been executed or not. */
  async #ask<T>(
    random: Random,
    token: string,
    query: string,
    variables: object,
  ): Promise<GraphQLAnswer<Record<string, T>> | undefined> {
    this.#givenUp.signal.throwIfAborted();
    const { url } = this.#options.cluster.pickServer(random);
    const startedAt = performance.now();
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(hangsAfterMs),
      });
      const answer = { status: response.status, ...((await response.json()) as object) };
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedAt);
      if (!isDatabaseAway(answer)) return answer;
    } catch (error) {
      // fetch rejects with a TypeError when no server listens, or when the connection is lost.
      if ((error as Error).name !== 'TypeError')
        throw new WriterFault(`No answer within ${hangsAfterMs} ms from ${url}: ${query}`, { cause: error });
    }
    this.#uncertain += 1;
    await sleep(between(random, 20, 100));
    return undefined;
  }
}

/** Whether the database has no free connection, as happens on a very busy machine. With Redis away, all changes must succeed. */
function isDatabaseAway({ errors = [] }: GraphQLAnswer): boolean {
  return errors.some(
    ({ message, extensions }) =>
      extensions['code'] === 'UPSTREAM_UNAVAILABLE' && message.startsWith('The record '),
  );
}

function readChange({ data, errors }: GraphQLAnswer<Record<string, Changed>>): {
  readonly version: number | undefined;
  readonly conflictsWith: unknown;
} {
  const conflict = errors?.find(({ extensions }) => extensions['code'] === 'CONFLICT');
  return {
    version: data ? Object.values(data)[0]?.version : undefined,
    conflictsWith: conflict?.extensions['version'],
  };
}
