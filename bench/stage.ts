/** The processes of one run: a fresh server, its clients and its publisher, each where it belongs. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttendantCommands } from './attendant.ts';
import { Child } from './child.ts';
import type { Contestant } from './contestants.ts';
import type { ServerOptions } from './contestants/options.ts';
import { createTokens, seed } from './contestants/ours.ts';
import type { GeneratorCommands } from './load/generator.ts';
import type { Opening, Subscribing } from './load/load.ts';
import { findFreePort, isListening } from './ports.ts';
import { readCpuSeconds, readResidentKb, readWaitedSeconds } from './proc.ts';
import type { PublisherCommands } from './publisher.ts';

/** Where processes run; null for wherever the system likes. */
export interface Cores {
  readonly server: number | null;
  readonly others: number | null;
}

export interface StageOptions {
  readonly contestant: Contestant;
  readonly redisUrl: string;
  readonly cores: Cores;
  readonly sockets: number;
  /** Dispatches that must exist. */
  readonly dispatches: number;
  readonly isHttp?: boolean;
  /** Where CPU profiles of the server go; null for none. */
  readonly profileFolder: string | null;
}

const here = (name: string) => resolve(import.meta.dirname, name);
/** A server that uses no more than this share of a core does nothing but wait: unless it has to wait for the core itself. */
const quietShare = 0.03;
/** Taking samples is work in itself. */
const quietShareProfiled = 0.4;
const starvedShare = 0.6;
const quietMs = 400;
const receiveTimeoutMs = 60_000;
const quietTimeoutMs = 120_000;

export class Stage {
  readonly contestant: Contestant;
  readonly server: Child<AttendantCommands>;
  readonly generator: Child<GeneratorCommands>;
  readonly publisher: Child<PublisherCommands>;
  readonly #options: ServerOptions;
  readonly #profileFolder: string | null;
  #opening: Opening | undefined;
  #isProfiling = false;

  private constructor({ contestant, cores, redisUrl, isHttp, profileFolder }: StageOptions, port: number) {
    this.contestant = contestant;
    this.#options = { port, redisUrl };
    this.#profileFolder = profileFolder;
    this.server = new Child({
      program: isHttp ? contestant.httpProgram! : contestant.program,
      args: contestant.args(this.#options),
      nodeFlags: [...contestant.nodeFlags, '--expose-gc', '--import', here('attendant.ts')],
      env: contestant.env(this.#options),
      // There is no `.env` here, which the service would read.
      cwd: import.meta.dirname,
      core: cores.server,
    });
    this.generator = new Child({ program: here('load/generator.ts'), core: cores.others });
    this.publisher = new Child({
      program: here('publisher.ts'),
      args: [contestant.publishing, redisUrl, contestant.publishingFile],
      core: cores.others,
    });
  }

  /** Resolves when the server serves and has what it is asked for. */
  static async set(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options, await findFreePort());
    try {
      await stage.#begin(options);
    } catch (error) {
      await stage.clear();
      throw error;
    }
    return stage;
  }

  get port(): number {
    return this.#options.port;
  }

  get opening(): Opening {
    return this.#opening!;
  }

  async #begin({ contestant, sockets, dispatches }: StageOptions): Promise<void> {
    const { server, port } = this;
    await isListening(port, () => server.hasEnded);
    if (server.hasEnded) throw new Error(`${contestant.label} did not start:\n${server.printed}`);
    const isOurs = contestant.name === 'ours';
    const tokens = isOurs ? await createTokens(this.#options, sockets) : [];
    if (isOurs) await seed(this.#options, tokens[0]!, dispatches);
    this.#opening = { port, protocol: contestant.protocol, sockets, tokens };
    await this.quiet();
  }

  /** Subscribes all sockets. Returns the CPU time that the server had used when it was done, seconds. */
  async subscribe(subscribing: Subscribing): Promise<number> {
    await this.generator.ask('subscribe', subscribing);
    const subscriptions = this.opening.sockets * subscribing.perSocket;
    if (this.contestant.beginsWithSnapshot) await this.received('snapshots', subscriptions);
    return this.quiet();
  }

  /** Waits for exactly so many. */
  async received(what: 'deliveries' | 'snapshots', expected: number): Promise<void> {
    const received = await this.generator.ask('received', {
      what,
      atLeast: expected,
      timeoutMs: receiveTimeoutMs,
    });
    if (received !== expected)
      throw new Error(`${this.contestant.label} showed its subscribers ${received} of ${expected} ${what}.`);
  }

  /** Waits until the server has nothing left to do. Returns the CPU time that it has used so far, seconds. */
  async quiet(): Promise<number> {
    const { pid } = this.server;
    const share = this.#isProfiling ? quietShareProfiled : quietShare;
    for (let passedMs = 0; passedMs < quietTimeoutMs; passedMs += quietMs) {
      const [cpu, waited] = [readCpuSeconds(pid), readWaitedSeconds(pid)];
      await sleep(quietMs);
      const used = readCpuSeconds(pid) - cpu;
      const isStarved = readWaitedSeconds(pid) - waited > (starvedShare * quietMs) / 1000;
      if (!isStarved && used <= (share * quietMs) / 1000) return cpu;
    }
    throw new Error(`${this.contestant.label} did not come to rest.`);
  }

  /** Resident memory of the server without garbage, KiB. */
  async heldKb(): Promise<number> {
    await this.server.ask('collect', null);
    await this.quiet();
    await this.server.ask('collect', null);
    return this.residentKb();
  }

  residentKb(): number {
    return readResidentKb(this.server.pid);
  }

  /** Runs what is measured, and has the server write a profile of it where that is wanted. */
  async profiled<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.#profileFolder === null) return run();
    await this.server.ask('startProfile', null);
    this.#isProfiling = true;
    const result = await run();
    this.#isProfiling = false;
    const file = join(this.#profileFolder, `${name}-${this.contestant.label}.cpuprofile`);
    await this.server.ask('stopProfile', { file });
    return result;
  }

  async clear(): Promise<void> {
    await Promise.all([this.server.stop(), this.generator.stop(), this.publisher.stop()]);
  }
}
