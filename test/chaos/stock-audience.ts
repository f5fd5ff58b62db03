/** Stock clients of a chaos run, which keep no cursors: none may be given up, and none may miss anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import { dispatchesUpdated, dispatchUpdated, followedDispatchUpdated } from '../support/operations.ts';
import { until } from '../support/until.ts';
import { Balancer } from './balancer.ts';
import type { Cluster } from './cluster.ts';
import { patient, plain, StockClient, type StockClientOptions } from './stock-client.ts';
import { judgeStock, type StockVerdict } from './stock-verdict.ts';

export interface StockAudienceOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  /** How many have the options of the README, and connect to any process, also to one that is down. */
  readonly patient: number;
  /** How many come back by default only, and have a load balancer in front of all processes: their attempts to connect never fail. */
  readonly plain: number;
}

export interface StockFigures {
  readonly events: number;
  readonly reconnects: number;
  /** Those of the clients behind the balancer. */
  readonly plainReconnects: number;
  readonly turnedAway: number;
  /** From the last fault, or from its connection where that is later, until the slowest was live. */
  readonly slowestMs: number;
}

/** Time between two changes of the dispatch that all of them watch, milliseconds. */
const pauseMs = 500;

export class StockAudience {
  readonly #options: StockAudienceOptions;
  readonly #balancer: Balancer;
  readonly #markerId: string;
  readonly #random: Random;
  readonly #clients: StockClient[] = [];
  /** Aborted at the end of the run. */
  readonly #over = new AbortController();
  #markerVersion = 1;
  #slowestMs = 0;
  #marking: Promise<void> = Promise.resolve();

  private constructor(options: StockAudienceOptions, balancer: Balancer, markerId: string) {
    this.#options = options;
    this.#balancer = balancer;
    this.#markerId = markerId;
    this.#random = createRandom(hashText(`${options.seed} marker`));
  }

  /** Starts all clients; from then on the dispatch that they watch is changed again and again. */
  static async start(options: StockAudienceOptions): Promise<StockAudience> {
    const { cluster, seed } = options;
    const random = createRandom(hashText(`${seed} balancer`));
    const balancer = await Balancer.start(() => cluster.pickUp(random).port);
    const query = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }';
    const { data } = await cluster.client.ask<{ createDispatch: { id: string } }>(query);
    const audience = new StockAudience(options, balancer, data!.createDispatch.id);
    try {
      await audience.#addAll();
    } catch (error) {
      await audience[Symbol.asyncDispose]();
      throw error;
    }
    audience.#marking = audience.#mark();
    await until(
      'stock clients are live',
      () => audience.#clients.every((client) => audience.#isLive(client)),
      30_000,
    );
    return audience;
  }

  get size(): number {
    return this.#clients.length;
  }

  /** The dispatch that is changed for them alone. */
  get markerId(): string {
    return this.#markerId;
  }

  get figures(): StockFigures {
    const all = this.#clients.map(({ figures }) => figures);
    const sum = (numberOf: (one: (typeof all)[number]) => number, some = all) =>
      some.reduce((total, one) => total + numberOf(one), 0);
    const reconnectsOf = ({ connects }: (typeof all)[number]) => Math.max(0, connects - 1);
    return {
      events: sum(({ events }) => events),
      reconnects: sum(reconnectsOf),
      plainReconnects: sum(reconnectsOf, all.slice(this.#options.patient)),
      turnedAway: sum(({ turnedAway }) => turnedAway),
      slowestMs: this.#slowestMs,
    };
  }

  /** Cuts the connections of about this share of all clients. Returns how many. */
  cut(share: number, random: Random): number {
    const direct = this.#clients.slice(0, this.#options.patient).filter(() => random() < share);
    return direct.filter((client) => client.cut()).length + this.#balancer.cut(share, random);
  }

  /**
   * To be called when nothing is broken any more: resolves when all are shown a change that was made since, or when the time is
   * over, with what is wrong, one sentence for each client.
   */
  async untilAllAreLive(timeoutMs: number): Promise<string[]> {
    const version = this.#markerVersion;
    const since = performance.now();
    let behind = this.#clients;
    const isDone = () => {
      const now = performance.now();
      behind = behind.filter(({ newest, connectedAt }) => {
        if ((newest.get(this.#markerId) ?? 0) <= version) return true;
        this.#slowestMs = Math.max(this.#slowestMs, now - Math.max(since, connectedAt));
        return false;
      });
      return behind.every(({ death }) => death !== undefined);
    };
    // After a timeout those that are behind are named.
    await until('all are live', isDone, timeoutMs).catch(() => undefined);
    const dead = this.#clients.filter(({ death }) => death !== undefined);
    return [
      ...dead.map(({ name, death }) => `${name} is dead: ${death}`),
      ...behind
        .filter(({ death }) => death === undefined)
        .map(
          ({ name, newest }) =>
            `${name} is not live: it saw version ${newest.get(this.#markerId)} of ${version}`,
        ),
    ];
  }

  /** The dispatch that is changed for them alone is changed no more. */
  async finish(): Promise<void> {
    this.#over.abort();
    await this.#marking;
  }

  /** Judges all of them, once they have seen the newest version of everything or the time is over. */
  async verdict(latest: ReadonlyMap<string, number>, timeoutMs: number): Promise<StockVerdict> {
    const mustShow = ({ kind }: StockClient) =>
      kind === 'board' ? latest : new Map([[this.#markerId, latest.get(this.#markerId) ?? 0]]);
    let behind = this.#clients;
    const isDone = () => {
      behind = behind.filter((client) =>
        mustShow(client)
          .entries()
          .some(([id, version]) => (client.newest.get(id) ?? 0) < version),
      );
      return behind.length === 0;
    };
    // After a timeout the verdict names those that are behind.
    await until('stock clients have seen everything', isDone, timeoutMs).catch(() => undefined);
    const older = new Set([this.#markerId]);
    const verdicts = this.#clients.map((client) =>
      judgeStock({ ...client, mustShow: mustShow(client), older }),
    );
    const sum = (numberOf: (verdict: StockVerdict) => number) =>
      verdicts.reduce((total, one) => total + numberOf(one), 0);
    return {
      complaints: verdicts.flatMap(({ complaints }) => complaints),
      repeated: sum(({ repeated }) => repeated),
      beganAnew: sum(({ beganAnew }) => beganAnew),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.#balancer[Symbol.asyncDispose]();
  }

  async #addAll(): Promise<void> {
    const { cluster, seed, patient: patients, plain: plains } = this.#options;
    for (let number = 0; number < patients; number += 1) {
      const random = createRandom(hashText(`${seed} stock ${number}`));
      await this.#add(number, `stock-${number}`, {
        options: patient,
        url: () => cluster.pickServer(random).wsUrl,
      });
    }
    const url = `ws://${this.#balancer.host}/graphql`;
    for (let number = 0; number < plains; number += 1)
      await this.#add(number, `plain-${number}`, { options: plain, url });
  }

  /** Half of them watch one dispatch, and a quarter each what they follow, and all. */
  async #add(number: number, name: string, how: Pick<StockClientOptions, 'url' | 'options'>): Promise<void> {
    const { cluster } = this.#options;
    const token = await cluster.token(name);
    const id = this.#markerId;
    if (number % 4 === 0) {
      const follow = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }';
      const { errors } = await cluster.client.ask(follow, { id }, token);
      if (errors) throw new Error(JSON.stringify(errors));
    }
    const one = { kind: 'one', payload: { query: dispatchUpdated, variables: { id } } } as const;
    const watched = [
      { kind: 'followed', payload: { query: followedDispatchUpdated, variables: {} } },
      one,
      { kind: 'board', payload: { query: dispatchesUpdated, variables: {} } },
      one,
    ] as const;
    this.#clients.push(new StockClient({ name, token, ...how, ...watched[number % watched.length]! }));
  }

  /** A board shows nothing before the first change. */
  #isLive({ newest }: StockClient): boolean {
    return (newest.get(this.#markerId) ?? 0) > 1;
  }

  /** Changes the dispatch that all of them watch until the run is over. */
  async #mark(): Promise<void> {
    const { signal } = this.#over;
    for (let count = 0; !signal.aborted; count += 1) {
      this.#markerVersion = (await this.#change(`A-${count}`)) ?? this.#markerVersion;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The version that there is now; undefined where nobody answered, or could make a change. */
  async #change(ambulanciaId: string): Promise<number | undefined> {
    const query =
      'mutation ($id: ID!, $ambulanciaId: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulanciaId) { version } }';
    const { client } = this.#options.cluster.pickUp(this.#random);
    try {
      const { data } = await client.ask<{ assignDispatch: { version: number } }>(query, {
        ...{ id: this.#markerId, ambulanciaId },
      });
      return data?.assignDispatch.version;
    } catch (error) {
      // A process that is killed just then.
      if ((error as Error).name !== 'TypeError') throw error;
      return undefined;
    }
  }
}
