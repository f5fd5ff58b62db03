/** The simulated database: counters, the events of their changes that are yet to be relayed, and whose turn that is. */
import type { HandOver, OutboxRow, RelayMarks } from '../../src/db/database.ts';
import {
  relayedPage,
  type RelayedPage,
  type RelayedRecord,
  type RelayedRow,
} from '../../src/db/relayed/relayed-events.ts';
import { relayInTurn, turnMs, type RelayInTurnOptions } from '../../src/db/relay-turn.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Link } from './link.ts';
import { clockOf, createHost, type Host, type Scheduler } from './scheduler.ts';

/** A counter and how often it was changed. */
export interface Count {
  readonly name: string;
  readonly version: number;
}

export const boardTopic = 'counts';
export const topicOf = (name: string) => `count:${name}`;

/** What the log has of a change. */
export interface CountEvent extends Count {
  readonly change: 'UPDATED' | 'FOLLOWED' | 'UNFOLLOWED';
  /** Of a change of what is followed: by whom. */
  readonly actorId: string | null;
  /** How often they have begun to follow it. */
  readonly times?: number;
}

/** That a viewer follows a counter. */
export interface Follow {
  /** That of the counter when they began to. */
  readonly version: number;
  /** How often they have begun to. */
  readonly times: number;
}

export interface StoredCount extends Count {
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number;
}

export class SimulatedRecord {
  readonly host = createHost('database');
  readonly #scheduler: Scheduler;
  readonly #counts = new Map<string, StoredCount>();
  readonly #links = new Set<Link>();
  /** By viewer: the counters that they follow. */
  readonly #follows = new Map<string, Map<string, Follow>>();
  /** By viewer and counter: how often they have begun to follow it. */
  readonly #times = new Map<string, number>();
  #unrelayed: OutboxRow[] = [];
  /** In the order of their ids, with where they stand. */
  #relayed: RelayedRow[] = [];
  #lastId = 0;
  #turn = 0;
  #turnUntil: number | null = null;

  constructor(scheduler: Scheduler, names: readonly string[]) {
    this.#scheduler = scheduler;
    for (const name of names) this.#counts.set(name, { name, version: 1, changedAt: scheduler.now });
  }

  get counts(): readonly Count[] {
    return [...this.#counts.values()];
  }

  get stored(): readonly StoredCount[] {
    return [...this.#counts.values()];
  }

  /** Milliseconds. They stand in the order in which they were written. */
  get oldestUnrelayed(): number | null {
    const [oldest] = this.#unrelayed;
    return oldest ? Date.parse(oldest.at) : null;
  }

  version(name: string): number {
    return this.#counts.get(name)!.version;
  }

  /** Commits a change of a counter, and its event with it. */
  change(name: string): void {
    const changedAt = this.#scheduler.now;
    const count = { name, version: this.version(name) + 1 };
    this.#counts.set(name, { ...count, changedAt });
    this.#write({ ...count, change: 'UPDATED', actorId: null }, [topicOf(name), boardTopic]);
  }

  followedBy(viewerId: string): ReadonlyMap<string, Follow> {
    return this.#follows.get(viewerId) ?? new Map<string, Follow>();
  }

  /** Commits that a viewer follows a counter from now on, or no longer, and its event with it. */
  follow(viewerId: string, name: string): void {
    const followed = new Map(this.followedBy(viewerId));
    const version = this.version(name);
    const change = followed.delete(name) ? 'UNFOLLOWED' : 'FOLLOWED';
    const key = `${viewerId} ${name}`;
    const times = (this.#times.get(key) ?? 0) + (change === 'FOLLOWED' ? 1 : 0);
    this.#times.set(key, times);
    if (change === 'FOLLOWED') followed.set(name, { version, times });
    this.#follows.set(viewerId, followed);
    this.#write({ name, version, change, actorId: viewerId, times }, [boardTopic]);
  }

  #write(event: CountEvent, topics: readonly string[]): void {
    this.#lastId += 1;
    this.#unrelayed.push({
      id: this.#lastId,
      at: new Date(this.#scheduler.now).toISOString(),
      topics: JSON.stringify(topics),
      payload: JSON.stringify(event),
    });
  }

  connect(process: Host): DatabaseConnection {
    const link = new Link({ scheduler: this.#scheduler, client: process, server: this.host, retries: 0 });
    this.#links.add(link);
    return new DatabaseConnection(this, link, process, this.#scheduler);
  }

  cutOne(): void {
    const up = [...this.#links].filter((link) => link.isUp);
    up[Math.floor(this.#scheduler.random() * up.length)]?.cut();
  }

  /** What changed after `since`. */
  changedSince(since: number): StoredCount[] {
    return [...this.#counts.values()].filter(({ changedAt }) => changedAt >= since);
  }

  /** As relay-turn.ts says it in SQL. */
  takeTurn(): number | null | undefined {
    if (this.#unrelayed.length === 0) return undefined;
    const { now } = this.#scheduler;
    if (this.#turnUntil !== null && this.#turnUntil > now) return null;
    this.#turn = Math.max(this.#turn + 1, now);
    this.#turnUntil = now + turnMs;
    return this.#turn;
  }

  keepTurn(turn: number): void {
    if (turn === this.#turn && this.#turnUntil !== null) this.#turnUntil = this.#scheduler.now + turnMs;
  }

  endTurn(turn: number, relayed: readonly OutboxRow[], { at, positions }: RelayMarks): void {
    const ids = new Set(relayed.map(({ id }) => id));
    this.#unrelayed = this.#unrelayed.filter(({ id }) => !ids.has(id));
    const marked = relayed.map((row) => ({ ...row, relayed_at: at, positions: positions.get(row.id)! }));
    const others = this.#relayed.filter(({ id }) => !ids.has(id));
    this.#relayed = [...others, ...marked].sort((one, other) => one.id - other.id);
    if (turn === this.#turn) this.#turnUntil = null;
  }

  giveUpTurn(turn: number): void {
    if (turn === this.#turn) this.#turnUntil = null;
  }

  /** As relayed-events.ts says it in SQL. */
  relayedBefore(before: number | null, limit: number): RelayedPage {
    const rows = this.#relayed.filter(({ id }) => before === null || id < before);
    return relayedPage(rows.slice(-limit).reverse(), limit);
  }

  unrelayedEvents(turn: number, limit: number): OutboxRow[] {
    return turn === this.#turn ? this.#unrelayed.slice(0, limit) : [];
  }
}

/** The database as one process has it. */
export class DatabaseConnection {
  readonly kind = 'postgres';
  readonly relayed: RelayedRecord;
  readonly #record: SimulatedRecord;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #turns: RelayInTurnOptions['turns'];
  readonly #listeners = new Set<() => void>();

  constructor(record: SimulatedRecord, link: Link, process: Host, scheduler: Scheduler) {
    this.#record = record;
    this.#link = link;
    this.#clock = clockOf(scheduler, process);
    this.#turns = {
      take: () => this.read((read) => read.takeTurn()),
      readUnrelayed: (turn, limit) => this.read((read) => read.unrelayedEvents(turn, limit)),
      keep: (turn) => this.read((read) => read.keepTurn(turn)),
      finish: (turn, rows, marks) => this.read((read) => read.endTurn(turn, rows, marks)),
      giveUp: (turn) => this.read((read) => read.giveUpTurn(turn)),
    };
    this.relayed = { read: (before, limit) => this.read((read) => read.relayedBefore(before, limit)) };
  }

  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** There is but one version here, so all of it can be read. */
  readable<Row, Value>(
    _table: string,
    rows: readonly Row[],
    { read }: { readonly read: (row: Row) => Value },
  ) {
    return rows.map(read);
  }

  /** Commits a change by this process. */
  async change(commit: (record: SimulatedRecord) => void): Promise<void> {
    await this.read(commit);
    for (const listener of this.#listeners) listener();
  }

  read<T>(query: (record: SimulatedRecord) => T): Promise<T> {
    return this.#link.ask(() => query(this.#record));
  }

  relay(limit: number, handOver: HandOver): Promise<number | null> {
    return relayInTurn({ turns: this.#turns, limit, handOver, clock: this.#clock });
  }
}
