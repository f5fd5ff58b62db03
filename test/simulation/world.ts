/** A simulated world: processes, their Redis and database, clients, and what goes wrong among them. */
import { createRandom, pick } from '../../src/cli/replay/random.ts';
import type { Participant } from './client.ts';
import { EventLoop } from './event-loop.ts';
import { lotsOf, type Fault, type Kind } from './faults.ts';
import { InterpretedScripts } from './lua/interpreted.ts';
import { TranslatedScripts } from './lua/translated.ts';
import { OlderCopies } from './older-copies.ts';
import { Population } from './population.ts';
import type { SimulatedProcess } from './process.ts';
import { SimulatedRecord, type Count } from './record.ts';
import { Referee, Violation } from './referee.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedRedis } from './simulated-redis.ts';
import { ownStores, sharedStores } from './stores.ts';

const names = ['a', 'b', 'c'] as const;
/** Within this time after all faults have ended, everybody is up to date, milliseconds. */
const healMs = 120_000;
/** Of the steps before which something happens. */
const faultShare = 0.06;
/** Of the processes that a client leaves without a word, those that lose their connection to Redis at the same time. */
const deafShare = 0.3;
/** Turns of the event loop in which what was begun comes to its end: nothing new arrives, and no timer fires. */
const turnsToEnd = 20;

const translated = new TranslatedScripts();
const interpreted = new InterpretedScripts();

export interface WorldOptions extends Kind {
  /** Steps with faults. */
  readonly steps: number;
  /** Whether scripts run in an interpreter of Lua, which takes twice as long. */
  readonly isInterpreted?: boolean;
  /** Whether every step is told afterwards. */
  readonly keepsTrace?: boolean;
}

export interface Outcome {
  readonly violation: string | null;
  readonly steps: number;
  readonly connects: number;
  readonly snapshots: number;
  /** Gaps of which clients heard that compare positions. */
  readonly gapsTold: number;
  readonly trace: readonly string[];
}

export class World {
  readonly #scheduler: Scheduler;
  readonly #options: WorldOptions;
  readonly #redis: SimulatedRedis;
  readonly #record: SimulatedRecord;
  readonly #referee: Referee;
  readonly #people: Population;
  /** Null where it never comes back with one. */
  readonly #copies: OlderCopies | null;
  #steps = 0;

  private constructor(scheduler: Scheduler, options: WorldOptions) {
    this.#scheduler = scheduler;
    this.#options = options;
    this.#redis = new SimulatedRedis(scheduler, options.isInterpreted ? interpreted : translated);
    this.#record = new SimulatedRecord(scheduler, names);
    this.#referee = new Referee(scheduler);
    const comesBackOlder = options.comesBackOlder === true;
    this.#people = new Population({
      ...{
        scheduler,
        names,
        record: this.#record,
        referee: this.#referee,
        cast: options.cast,
        comesBackOlder,
      },
      connectStores: options.cast === 'embedded' ? ownStores : sharedStores(this.#redis),
    });
    const copy = () => this.#copy();
    this.#copies = comesBackOlder ? new OlderCopies({ scheduler, redis: this.#redis.host, copy }) : null;
  }

  /** Runs a world to its end. Never rejects because of what the service did: that is an outcome. */
  static async run(seed: number, options: WorldOptions): Promise<Outcome> {
    const eventLoop = new EventLoop();
    const scheduler = new Scheduler(createRandom(seed), eventLoop, options.keepsTrace === true);
    return eventLoop.run(async () => {
      // What the service chooses by chance, such as pauses, is chosen by the seed too.
      const { random } = Math;
      Math.random = scheduler.random;
      // Errors are a part of it all, and where each was made nobody reads.
      const { stackTraceLimit } = Error;
      if (!options.keepsTrace) Error.stackTraceLimit = 0;
      try {
        return await new World(scheduler, options).#run();
      } finally {
        // What a dead process still had to do in this turn takes no number of the next world.
        for (let turn = 0; turn < turnsToEnd; turn += 1) await eventLoop.nextTurn();
        Math.random = random;
        Error.stackTraceLimit = stackTraceLimit;
      }
    });
  }

  async #run(): Promise<Outcome> {
    try {
      await this.#break();
      await this.#heal();
      return this.#outcome(null);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#outcome(error.message);
    } finally {
      for (const process of this.#people.processes) process.kill();
    }
  }

  async #break(): Promise<void> {
    const { steps } = this.#options;
    const lots = lotsOf(this.#options);
    for (; this.#steps < steps; this.#steps += 1) {
      if (this.#scheduler.chance(faultShare)) this.#happen(this.#pick(lots));
      await this.#scheduler.step();
      if (this.#scheduler.isSlow || this.#redis.host.isFrozen) this.#referee.disturb(null);
      this.#referee.throwIfFound();
    }
  }

  async #heal(): Promise<void> {
    for (const host of this.hosts) host.isFrozen = false;
    for (const client of this.#people.stock) client.behave();
    this.#people.isDropping = false;
    for (const client of this.#people.keepers) client.askAgain();
    this.#referee.disturb(null);
    this.#scheduler.note(() => 'everything works again');
    await this.#until('knows');
    if (this.#people.stock.length === 0) return;
    // A list may say what no stream does, and a stream that begins now what it was before.
    for (let time = 0; time < 5; time += 1) {
      for (const name of names) this.#commit((record) => record.change(name));
      await this.#until('knows');
      if (this.#areAll('wasShown')) return;
    }
    await this.#until('wasShown');
  }

  #areAll(fact: 'knows' | 'wasShown'): boolean {
    const { counts } = this.#record;
    return this.#people.clients.every((client) => counts.every((count) => client[fact](count)));
  }

  /** Goes on until all clients are up to date. @throws Violation when that takes too long */
  async #until(fact: 'knows' | 'wasShown'): Promise<void> {
    const until = this.#scheduler.now + healMs;
    while (!this.#areAll(fact)) {
      const turn = this.#scheduler.step(until);
      if (!turn) break;
      await turn;
      this.#steps += 1;
      this.#referee.throwIfFound();
    }
    if (this.#areAll(fact)) return;
    const isBehind = (client: Participant) => !this.#record.counts.every((count) => client[fact](count));
    const behind = this.#people.clients.filter(isBehind);
    const truth = this.#record.counts.map(({ name, version }: Count) => `${name}=${version}`).join(' ');
    throw new Violation(
      `after ${healMs} ms without faults the record has ${truth}, and ${behind.map((client) => client.describe()).join('; ')}`,
    );
  }

  get hosts() {
    return [...this.#people.processes, ...this.#people.clients, this.#redis, this.#record].map(
      ({ host }) => host,
    );
  }

  #outcome(violation: string | null): Outcome {
    const sum = (of: (client: Participant) => number) =>
      this.#people.clients.reduce((total, client) => total + of(client), 0);
    return {
      violation,
      steps: this.#steps,
      connects: sum(({ connects }) => connects),
      snapshots: sum(({ snapshots }) => snapshots),
      gapsTold: sum(({ gapsTold }) => gapsTold),
      trace: this.#scheduler.trace,
    };
  }

  #happen(fault: Fault): void {
    this.#scheduler.note(() => `! ${fault}`);
    this.#faults[fault]();
  }

  readonly #faults: Readonly<Record<Fault, () => void>> = {
    change: () => this.#change(1),
    burst: () => this.#change(12),
    kill: () => {
      const victim = this.#people.findProcess();
      this.#end(victim);
      this.#people.start();
    },
    freeze: () => {
      const host = this.#pick(this.hosts);
      host.isFrozen = true;
      this.#referee.disturb(host === this.#redis.host ? null : host);
    },
    thaw: () => {
      for (const host of this.hosts) {
        if (!this.#scheduler.chance(0.5)) continue;
        if (host.isFrozen) this.#referee.disturb(host === this.#redis.host ? null : host);
        host.isFrozen = false;
      }
    },
    hold: () => this.#scheduler.holdOne(),
    cutClient: () => this.#pick(this.#people.clients).cut(),
    silenceClient: () => this.#pick(this.#people.clients).silence(),
    cutRedis: () => {
      this.#redis.cutOne();
      this.#referee.disturb(null);
    },
    cutDatabase: () => this.#record.cutOne(),
    restartRedis: () => {
      this.#redis.restart();
      this.#referee.disturb(null);
    },
    emptyRedis: () => {
      this.#redis.data.empty();
      this.#redis.restart();
      this.#loseStores();
    },
    rollBackRedis: () => {
      this.#copies?.bringBackOne();
      this.#redis.restart();
      this.#referee.disturb(null);
    },
    drain: () => {
      const victim = this.#people.findProcess();
      victim.drain(() => this.#end(victim));
      this.#people.start();
    },
    follow: () => {
      const { host } = this.#pick(this.#people.stock.filter((client) => client.follows));
      const name = this.#pick(names);
      this.#commit((record) => record.follow(host.name, name));
    },
    manners: () => this.#pick(this.#people.stock).changeManners(),
    renew: () => this.#pick(this.#people.stock).renew(),
    rest: () => this.#pick(this.#people.stock).rest(),
    roam: () => {
      const left = this.#pick(this.#people.stock).roam();
      if (!left || left.host.isDead || !this.#scheduler.chance(deafShare)) return;
      // Nobody can tell it that its client came back elsewhere.
      this.#redis.cut(left.host);
      this.#referee.disturb(left.host);
    },
  };

  #end(process: SimulatedProcess): void {
    this.#people.end(process);
    if (this.#options.cast === 'embedded') this.#loseStores();
  }

  #loseStores(): void {
    this.#referee.disturb(null);
    this.#referee.loseStore();
  }

  /** Of what Redis has, and of what the referee was told that it has. Returns what brings both back. */
  #copy(): () => void {
    const [ofRedis, ofReferee] = [this.#redis.data.copy(), this.#referee.copyStore()];
    return () => {
      ofRedis();
      ofReferee();
    };
  }

  #change(times: number): void {
    const name = this.#pick(names);
    const change = (record: SimulatedRecord) => record.change(name);
    const { database } = this.#pick(this.#people.processes);
    for (let time = 0; time < times; time += 1) {
      // Whether it was committed or not, the record alone knows.
      database.change(change).catch(() => undefined);
    }
  }

  /** Whatever fails, it is committed, and relayed when somebody looks. */
  #commit(change: (record: SimulatedRecord) => void): void {
    change(this.#record);
  }

  #pick<T>(items: readonly T[]): T {
    return pick(this.#scheduler.random, items as readonly [T, ...T[]]);
  }
}
