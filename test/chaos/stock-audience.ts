/** Clients of a chaos run that keep no cursors: none may be given up, and none may miss anything. */
import { createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import { until } from '../support/until.ts';
import { Balancer } from './balancer.ts';
import { ClientPath, type PathFault } from './client-path.ts';
import type { Cluster } from './cluster.ts';
import { whyShownAgain } from './explanations.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { FaultLog } from './fault-log.ts';
import { Marker } from './marker.ts';
import type { StockSight } from './sightings.ts';
import { SourceClient } from './source-client.ts';
import { patientWith, plain, StockClient, type CursorlessClient } from './stock-client.ts';
import { judgeStock, sumOf, type StockVerdict } from './stock-verdict.ts';
import { messagesId, positionsId, watchedBy } from './watched.ts';

export interface StockAudienceOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  /** How many have the options of the README, and come through nginx, which may find no process. */
  readonly patient: number;
  /** How many are an EventSource; they come through nginx, too. */
  readonly sources: number;
  /** How many come back by default only, and have a load balancer in front of all processes: their attempts to connect never fail. */
  readonly plain: number;
}

export interface StockFigures {
  readonly events: number;
  readonly reconnects: number;
  /** Those of the clients behind the balancer. */
  readonly plainReconnects: number;
  readonly turnedAway: number;
  /** Those whose stream is over. */
  readonly dead: number;
  /** The longest that one of them was without a connection: a place is kept for no longer than `RESUME_WINDOW_MS`. */
  readonly longestAwayMs: number;
  /** From the last fault, or from its connection where that is later, until the slowest was live. */
  readonly slowestMs: number;
}

export interface Judging {
  readonly faults: FaultLog<FaultKind>;
  /** Kinds by which something may be lost. */
  readonly lossy: readonly FaultKind[];
  readonly timeoutMs: number;
}

type Latest = ReadonlyMap<string, number>;

export class StockAudience {
  readonly marker: Marker;
  readonly #options: StockAudienceOptions;
  readonly #balancer: Balancer;
  readonly #clients: CursorlessClient[] = [];
  #slowestMs = 0;

  private constructor(options: StockAudienceOptions, balancer: Balancer, marker: Marker) {
    this.#options = options;
    this.#balancer = balancer;
    this.marker = marker;
  }

  /** Starts all clients; from then on what they watch is changed again and again. */
  static async start(options: StockAudienceOptions): Promise<StockAudience> {
    const { cluster, seed } = options;
    const random = createRandom(hashText(`${seed} balancer`));
    const balancer = await Balancer.start(() => cluster.pickUp(random)?.port);
    const audience = new StockAudience(options, balancer, await Marker.create(cluster, seed));
    try {
      await audience.#addAll();
    } catch (error) {
      await audience[Symbol.asyncDispose]();
      throw error;
    }
    const { marker } = audience;
    if (audience.#clients.length === 0) return audience;
    marker.start();
    const isLive = ({ kind, sightings: { newest } }: CursorlessClient) =>
      marker
        .newestFor(kind)
        .keys()
        .every((id) => (newest.get(id) ?? 0) > 1);
    await until('stock clients are live', () => audience.#clients.every(isLive), 120_000);
    return audience;
  }

  get clients(): readonly CursorlessClient[] {
    return this.#clients;
  }

  get figures(): StockFigures {
    const sum = (numberOf: (client: CursorlessClient) => number, some = this.#clients) =>
      some.reduce((total, client) => total + numberOf(client), 0);
    const reconnectsOf = ({ figures: { connects } }: CursorlessClient) => Math.max(0, connects - 1);
    return {
      events: sum(({ figures }) => figures.events),
      reconnects: sum(reconnectsOf),
      plainReconnects: sum(
        reconnectsOf,
        this.#clients.filter(({ path }) => path === null),
      ),
      turnedAway: sum(({ figures }) => figures.turnedAway),
      dead: sum(({ death }) => (death === undefined ? 0 : 1)),
      // Of an EventSource nobody sees here that it is connected, while there is nothing to show.
      longestAwayMs: Math.max(
        0,
        ...this.#clients.map(({ acknowledges, sightings }) => (acknowledges ? sightings.longestAwayMs : 0)),
      ),
      slowestMs: this.#slowestMs,
    };
  }

  /** Breaks the ways of about this share of all clients. Those that have no other options are cut and nothing else. */
  breakPaths(kind: PathFault, share: number, ms: number, random: Random): Promise<void>[] {
    if (kind === 'sockets cut') this.#balancer.cut(share, random);
    return this.#clients.flatMap(({ path }) =>
      random() < share && path ? (path.break(kind, ms, random) ?? []) : [],
    );
  }

  /**
   * To be called when nothing is broken any more: resolves when all are shown a change that was made since, or when the time is
   * over, with what is wrong, one sentence for each client.
   */
  async untilAllAreLive(timeoutMs: number): Promise<string[]> {
    const since = performance.now();
    const then = new Map(this.#clients.map(({ kind }) => [kind, new Map(this.marker.newestFor(kind))]));
    let behind = this.#clients;
    const isDone = () => {
      const now = performance.now();
      behind = behind.filter(({ kind, sightings: { newest, connectedAt } }) => {
        if (
          then
            .get(kind)!
            .entries()
            .every(([id, version]) => (newest.get(id) ?? 0) > version)
        )
          return false;
        this.#slowestMs = Math.max(this.#slowestMs, now - Math.max(since, connectedAt));
        return true;
      });
      return behind.every(({ death }) => death !== undefined);
    };
    // After a timeout those that are behind are named.
    await until('all are live', isDone, timeoutMs).catch(() => undefined);
    const dead = this.#clients.filter(({ death }) => death !== undefined);
    return [
      ...dead.map(({ name, kind, death }) => `${kind}, ${name} is dead: ${death}`),
      ...behind
        .filter(({ death }) => death === undefined)
        .map(
          ({ name, kind, sightings }) =>
            `${kind}, ${name} is not live: it saw ${JSON.stringify([...then.get(kind)!].map(([id, version]) => [id, sightings.newest.get(id), version]))}`,
        ),
    ];
  }

  /** Judges all of them, once they have seen the newest version of everything or the time is over. */
  async verdict(latest: Latest, { faults, lossy, timeoutMs }: Judging): Promise<StockVerdict> {
    // After a loss nobody knows where a board was that says nothing of it.
    const mustShow = ({ kind, acknowledges }: CursorlessClient) =>
      kind === 'board' && (lossy.length === 0 || !acknowledges) ? latest : this.marker.newestFor(kind);
    const losses = ({ at }: StockSight) => faults.count(0, at, lossy);
    let behind = this.#clients;
    const isDone = () => {
      behind = behind.filter((client) =>
        mustShow(client)
          .entries()
          .some(([id, version]) => (client.sightings.newest.get(id) ?? 0) < version),
      );
      return behind.length === 0;
    };
    // After a timeout the verdict names those that are behind.
    await until('stock clients have seen everything', isDone, timeoutMs).catch(() => undefined);
    const older = new Set([this.marker.id, messagesId, positionsId]);
    const verdicts = this.#clients.map((client) => {
      const { name, kind, sightings, acknowledges } = client;
      const sights = sightings.all;
      const why = whyShownAgain.bind(null, { client, faults, lossy });
      return judgeStock({
        ...{ name, kind, sights, older, acknowledges, whyShownAgain: why },
        losses: lossy.length === 0 ? null : losses,
        mustShow: mustShow(client),
      });
    });
    return sumOf(verdicts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.marker.finish();
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.#balancer[Symbol.asyncDispose]();
  }

  async #addAll(): Promise<void> {
    const { patient, sources, plain: plains } = this.#options;
    for (let number = 0; number < patient; number += 1) await this.#addPatient(number);
    for (let number = 0; number < sources; number += 1) await this.#addSource(number);
    for (let number = 0; number < plains; number += 1) await this.#addPlain(number);
  }

  async #addPatient(number: number): Promise<void> {
    const name = `stock-${number}`;
    const path = await ClientPath.open(this.#options.cluster.url);
    const options = patientWith(createRandom(hashText(`${this.#options.seed} ${name}`)));
    const url = path.wsUrl;
    this.#clients.push(new StockClient({ name, url, path, options, ...(await this.#equip(name, number)) }));
  }

  async #addSource(number: number): Promise<void> {
    const name = `source-${number}`;
    const path = await ClientPath.open(this.#options.cluster.url);
    this.#clients.push(await SourceClient.open({ name, path, ...(await this.#equip(name, number)) }));
  }

  async #addPlain(number: number): Promise<void> {
    const name = `plain-${number}`;
    const url = `ws://${this.#balancer.host}/graphql`;
    const equipment = await this.#equip(name, number);
    this.#clients.push(new StockClient({ name, url, path: null, options: plain, ...equipment }));
  }

  async #equip(name: string, number: number) {
    const { cluster } = this.#options;
    const { id, channel } = this.marker;
    const token = await cluster.token(name);
    const watched = watchedBy(number, id, channel);
    if (watched.kind === 'followed') {
      const follow = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }';
      const { errors } = await cluster.client.ask(follow, { id }, token);
      if (errors) throw new Error(JSON.stringify(errors));
    }
    return { token, watched };
  }
}
