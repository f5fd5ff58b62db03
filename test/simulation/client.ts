/** A simulated client: it comes back with its cursor whenever its connection is lost, and knows what it must have seen. */
import { Connection } from './connection.ts';
import { GapCheck } from './gap-check.ts';
import type { SimulatedProcess } from './process.ts';
import type { Count } from './record.ts';
import { Violation } from './referee.ts';
import { createHost, type Host, type Scheduler } from './scheduler.ts';
import type { Update } from './streams.ts';

/** After so long without a sign of its server, the client takes another connection, milliseconds. */
const silenceMs = 6_000;
const comeBackMs = 2_000;

/** A client of whatever kind, as the world has it. */
export interface Participant {
  readonly host: Host;
  /** How often it has connected. */
  readonly connects: number;
  readonly snapshots: number;
  /** How often it has heard of what was dropped on its way. */
  readonly gapsTold: number;
  isOn(process: SimulatedProcess): boolean;
  /** Its connection is lost, and it hears of it. */
  cut(): void;
  /** The same, and nobody hears of it. */
  silence(): void;
  /** Whether it is up to date. */
  knows(count: Count): boolean;
  /** Whether it was shown this by a stream, if it is to be. */
  wasShown(count: Count): boolean;
  describe(): string;
}

export interface ClientOptions {
  readonly scheduler: Scheduler;
  readonly clientName: string;
  /** What it watches; null for the board. */
  readonly name: string | null;
  /** Any process, be it frozen. */
  readonly findProcess: () => SimulatedProcess;
  /** Whether an event on its way is dropped now; for clients that compare positions. */
  readonly isDropped?: (() => boolean) | undefined;
}

export class SimulatedClient implements Participant {
  readonly host: Host;
  readonly name: string | null;
  readonly #options: ClientOptions;
  readonly #known = new Map<string, number>();
  /** What its streams have shown since it listed the board. */
  readonly #shown = new Map<string, number>();
  #cursor: string | null = null;
  #connection: Connection | undefined;
  readonly #gaps: GapCheck | null;
  connects = 0;
  snapshots = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.host = createHost(options.clientName);
    this.name = options.name;
    this.#gaps = options.isDropped ? new GapCheck() : null;
    this.#connect();
  }

  get gapsTold(): number {
    return this.#gaps?.told ?? 0;
  }

  /** Nothing says that the last event was dropped: who wants to know asks. */
  askAgain(): void {
    if (this.#connection && this.#gaps?.isBehindForSure) this.#comeBack();
  }

  isOn(process: SimulatedProcess): boolean {
    return this.#connection?.process === process;
  }

  cut(): void {
    this.#connection?.cut();
  }

  silence(): void {
    this.#connection?.silence();
  }

  knows({ name, version }: Count): boolean {
    return (this.name !== null && this.name !== name) || this.#known.get(name) === version;
  }

  wasShown({ name, version }: Count): boolean {
    return (this.name !== null && this.name !== name) || this.#shown.get(name) === version;
  }

  describe(): string {
    const known = [...this.#known].map(([name, version]) => `${name}=${version}`).join(' ');
    return `${this.host.name} knows ${known}, ${this.#connection ? 'connected' : 'away'}`;
  }

  #connect(): void {
    const { scheduler, findProcess } = this.#options;
    this.connects += 1;
    const process = findProcess();
    const connection = new Connection(scheduler, this.host, process);
    this.#connection = connection;
    this.#gaps?.begin();
    connection.onLost(() => {
      if (this.#connection === connection) this.#comeBack();
    });
    scheduler.note(
      () =>
        `${this.host.name} connects to ${process.host.name} with ${this.#cursor === null ? 'nothing' : 'its cursor'}`,
    );
    if (this.name === null && this.#cursor === null) this.#list(connection);
    else this.#subscribe(connection);
    this.#watch(connection);
  }

  #list(connection: Connection): void {
    connection.ask(
      (process) => process.list(),
      ({ cursor, counts }) => {
        this.#cursor = cursor;
        for (const { name, version } of counts) this.#known.set(name, version);
        this.#subscribe(connection);
      },
    );
  }

  #subscribe(connection: Connection): void {
    const request = { name: this.name, after: this.#cursor, compares: this.#gaps !== null };
    connection.subscribe(request, (update) => {
      if (update.kind === 'EVENT' && this.#options.isDropped?.()) this.#gaps?.noteDropped();
      else if (this.#isBehind(update)) this.#comeBack();
      else this.#take(update);
    });
  }

  /** Whether it has to come back for what was dropped. */
  #isBehind(update: Update): boolean {
    const judged = this.#gaps?.judge(update) ?? 'goes on';
    if (typeof judged === 'object') throw new Violation(`${this.host.name} ${judged.wrong}`);
    return judged === 'behind';
  }

  #watch(connection: Connection): void {
    this.#options.scheduler.after(this.host, silenceMs, () => {
      if (this.#connection !== connection) return;
      if (connection.isAlive) this.#watch(connection);
      else this.#comeBack();
    });
  }

  #comeBack(): void {
    const { scheduler } = this.#options;
    this.#connection?.drop();
    this.#connection = undefined;
    scheduler.after(this.host, scheduler.random() * comeBackMs, () => this.#connect());
  }

  #take({ name, version, cursor, kind }: Update): void {
    const known = this.#known.get(name);
    const shown = this.#shown.get(name);
    this.#options.scheduler.note(() => `${this.host.name} is shown ${name} ${version}, ${kind}`);
    if (kind === 'SNAPSHOT') this.snapshots += 1;
    else if (known !== undefined && version > known + 1)
      throw new Violation(
        `${this.host.name} knew ${name} ${known} and is shown ${version}: a gap that nobody told`,
      );
    else if (known === undefined)
      throw new Violation(`${this.host.name} is shown an event before any state of ${name}`);
    if (shown !== undefined && (kind === 'EVENT' ? version <= shown : version < shown))
      throw new Violation(`${this.host.name} was shown ${name} ${shown} and is shown ${version} behind it`);
    this.#known.set(name, Math.max(known ?? 0, version));
    this.#shown.set(name, version);
    this.#cursor = cursor;
  }
}
