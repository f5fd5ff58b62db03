/** A simulated world: processes, their Redis and database, clients, and what goes wrong among them. */
import { setImmediate as afterAllPromises } from 'node:timers/promises';
import { createRandom, pick } from '../../src/cli/replay/random.ts';
import { SimulatedClient, Violation } from './client.ts';
import { LuaScripts } from './lua.ts';
import { SimulatedProcess } from './process.ts';
import { SimulatedRecord } from './record.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedRedis } from './simulated-redis.ts';

const names = ['a', 'b', 'c'] as const;
const processCount = 3;
const clientCount = 6;
/** Within this time after all faults have ended, everybody is up to date, milliseconds. */
const healMs = 120_000;

/** How often each of them happens, relative to the others. */
const faults = {
  change: 40,
  burst: 4,
  kill: 2,
  freeze: 3,
  thaw: 6,
  cutClient: 4,
  silenceClient: 2,
  cutRedis: 4,
  cutDatabase: 3,
  restartRedis: 1,
  emptyRedis: 1,
} as const;
/** With it one way is slower than another for a while. */
const slowWays = { ...faults, hold: 8 } as const;
type Fault = keyof typeof slowWays;
const lotsOf = (weights: Readonly<Partial<Record<Fault, number>>>) =>
  Object.entries(weights).flatMap(([fault, weight]) => Array<Fault>(weight).fill(fault as Fault));
/** Of the steps before which something happens. */
const faultShare = 0.06;

/** Turns of the event loop in which what was begun comes to its end: nothing new arrives, and no timer fires. */
const turnsToEnd = 20;

const lua = new LuaScripts();

export interface WorldOptions {
  /** Steps with faults. */
  readonly steps: number;
  /** Whether one way may be much slower than another. */
  readonly hasSlowWays?: boolean;
}

export interface Outcome {
  readonly violation: string | null;
  readonly steps: number;
  readonly connects: number;
  readonly snapshots: number;
  readonly trace: readonly string[];
}

export class World {
  readonly #scheduler: Scheduler;
  readonly #lots: readonly Fault[];
  readonly #redis: SimulatedRedis;
  readonly #record: SimulatedRecord;
  readonly #processes: SimulatedProcess[] = [];
  readonly #clients: SimulatedClient[] = [];
  #started = 0;
  #steps = 0;

  private constructor(scheduler: Scheduler, lots: readonly Fault[]) {
    this.#scheduler = scheduler;
    this.#lots = lots;
    this.#redis = new SimulatedRedis(this.#scheduler, lua);
    this.#record = new SimulatedRecord(this.#scheduler, names);
    for (let number = 0; number < processCount; number += 1) this.#start();
    for (let number = 1; number <= clientCount; number += 1) {
      this.#clients.push(
        new SimulatedClient({
          scheduler: this.#scheduler,
          clientName: `client ${number}`,
          name: number % 2 === 0 ? null : this.#pick(names),
          findProcess: () => this.#pick(this.#processes),
        }),
      );
    }
  }

  /** Runs a world to its end. Never rejects because of what the service did: that is an outcome. */
  static async run(seed: number, { steps, hasSlowWays = false }: WorldOptions): Promise<Outcome> {
    const scheduler = new Scheduler(createRandom(seed));
    // What the service chooses by chance, such as pauses, is chosen by the seed too.
    const { random } = Math;
    Math.random = scheduler.random;
    try {
      return await new World(scheduler, lotsOf(hasSlowWays ? slowWays : faults)).#run(steps);
    } finally {
      // What a dead process still had to do in this turn takes no number of the next world.
      for (let turn = 0; turn < turnsToEnd; turn += 1) await afterAllPromises();
      Math.random = random;
    }
  }

  async #run(steps: number): Promise<Outcome> {
    try {
      await this.#break(steps);
      await this.#heal();
      return this.#outcome(null);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return this.#outcome(error.message);
    } finally {
      for (const process of this.#processes) process.kill();
    }
  }

  async #break(steps: number): Promise<void> {
    for (; this.#steps < steps; this.#steps += 1) {
      if (this.#scheduler.chance(faultShare)) this.#happen(this.#pick(this.#lots));
      await this.#scheduler.step();
    }
  }

  async #heal(): Promise<void> {
    const { hosts } = this;
    for (const host of hosts) host.isFrozen = false;
    this.#scheduler.note('everything works again');
    const until = this.#scheduler.now + healMs;
    while (!this.#isUpToDate && (await this.#scheduler.step(until))) this.#steps += 1;
    if (this.#isUpToDate) return;
    const behind = this.#clients.filter(
      (client) => !this.#record.counts.every((count) => client.knows(count)),
    );
    const truth = this.#record.counts.map(({ name, version }) => `${name}=${version}`).join(' ');
    throw new Violation(
      `after ${healMs} ms without faults the record has ${truth}, and ${behind.map((client) => client.describe()).join('; ')}`,
    );
  }

  get hosts() {
    return [...this.#processes, ...this.#clients, this.#redis, this.#record].map(({ host }) => host);
  }

  get #isUpToDate(): boolean {
    return this.#clients.every((client) => this.#record.counts.every((count) => client.knows(count)));
  }

  #outcome(violation: string | null): Outcome {
    const sum = (of: (client: SimulatedClient) => number) =>
      this.#clients.reduce((total, client) => total + of(client), 0);
    return {
      violation,
      steps: this.#steps,
      connects: sum(({ connects }) => connects),
      snapshots: sum(({ snapshots }) => snapshots),
      trace: this.#scheduler.trace,
    };
  }

  #start(): void {
    this.#started += 1;
    const shared = { scheduler: this.#scheduler, redis: this.#redis, record: this.#record };
    this.#processes.push(new SimulatedProcess({ ...shared, name: `process ${this.#started}` }));
  }

  #happen(fault: Fault): void {
    this.#scheduler.note(`! ${fault}`);
    this.#faults[fault]();
  }

  readonly #faults: Readonly<Record<Fault, () => void>> = {
    change: () => this.#change(1),
    burst: () => this.#change(12),
    kill: () => {
      const victim = this.#pick(this.#processes);
      this.#processes.splice(this.#processes.indexOf(victim), 1);
      victim.kill();
      for (const { connection } of this.#clients) if (connection?.process === victim) connection.cut();
      this.#start();
    },
    freeze: () => {
      this.#pick(this.hosts).isFrozen = true;
    },
    thaw: () => {
      for (const host of this.hosts) if (this.#scheduler.chance(0.5)) host.isFrozen = false;
    },
    hold: () => this.#scheduler.holdOne(),
    cutClient: () => this.#pick(this.#clients).connection?.cut(),
    silenceClient: () => this.#pick(this.#clients).connection?.silence(),
    cutRedis: () => this.#redis.cutOne(),
    cutDatabase: () => this.#record.cutOne(),
    restartRedis: () => this.#redis.restart(),
    emptyRedis: () => {
      this.#redis.data.empty();
      this.#redis.restart();
    },
  };

  #change(times: number): void {
    const name = this.#pick(names);
    const { database } = this.#pick(this.#processes);
    for (let time = 0; time < times; time += 1) {
      // Whether it was committed or not, the record alone knows.
      database.change(name).catch(() => undefined);
    }
  }

  #pick<T>(items: readonly T[]): T {
    return pick(this.#scheduler.random, items as readonly [T, ...T[]]);
  }
}
