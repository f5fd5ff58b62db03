/** Starts the processes of one run, each on its core: a fresh server, its clients and its publisher. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentCommands } from './agent.ts';
import { Child } from './child.ts';
import type { Subject } from './subjects.ts';
import { host, type ServerOptions } from './subjects/options.ts';
import { createTokens, seed } from './subjects/ours.ts';
import type { GeneratorCommands } from './load/generator.ts';
import type { Opening, Subscribing } from './load/load.ts';
import { findFreePort, isListening } from './ports.ts';
import { readCpuSeconds, readResidentKb, readWaitedSeconds } from './proc.ts';
import type { PublisherCommands } from './publisher.ts';

/** The core that processes are pinned to; null for no pinning. */
export interface Cores {
  readonly server: number | null;
  readonly others: number | null;
}

export interface StageOptions {
  readonly subject: Subject;
  readonly redisUrl: string;
  readonly cores: Cores;
  readonly sockets: number;
  /** The number of dispatches that must exist. */
  readonly dispatches: number;
  readonly isHttp?: boolean;
  /** The folder for CPU profiles of the server; null for none. */
  readonly profileFolder: string | null;
}

const here = (name: string) => resolve(import.meta.dirname, name);
/** A server that uses at most this share of a core is idle, provided that it did not have to wait for the core. */
const quietShare = 0.03;
/** The same with a profiler on, which uses CPU time of its own. */
const quietShareProfiled = 0.4;
/** A server that was ready to run for this share of the time, and got no core, only looks idle. */
const starvedShare = 0.6;
const quietMs = 400;
const receiveTimeoutMs = 60_000;
const quietTimeoutMs = 120_000;

export class Stage {
  readonly subject: Subject;
  readonly server: Child<AgentCommands>;
  readonly generator: Child<GeneratorCommands>;
  readonly publisher: Child<PublisherCommands>;
  /** The second server that events are published through; null where Redis takes them. */
  readonly #publishingServer: Child<AgentCommands> | null;
  readonly #options: ServerOptions;
  readonly #profileFolder: string | null;
  #opening: Opening | undefined;
  #isProfiling = false;

  private constructor(
    { subject, cores, redisUrl, isHttp, profileFolder }: StageOptions,
    port: number,
    publishingPort: number | null,
  ) {
    this.subject = subject;
    this.#options = { port, redisUrl };
    this.#profileFolder = profileFolder;
    const program = isHttp ? subject.httpProgram! : subject.program;
    this.server = startServer(subject, program, this.#options, cores.server);
    this.#publishingServer =
      publishingPort === null
        ? null
        : startServer(subject, program, { port: publishingPort, redisUrl }, cores.others);
    this.generator = new Child({ program: here('load/generator.ts'), core: cores.others });
    this.publisher = new Child({
      program: here('publisher.ts'),
      args: [
        subject.publishing,
        publishingPort === null ? redisUrl : `http://${host}:${publishingPort}`,
        subject.publishingFile,
      ],
      core: cores.others,
    });
  }

  /** Resolves when the server answers and the dispatches exist. */
  static async set(options: StageOptions): Promise<Stage> {
    const publishingPort = options.subject.hasPublishingServer ? await findFreePort() : null;
    const stage = new Stage(options, await findFreePort(), publishingPort);
    try {
      if (publishingPort !== null) await stage.#answers(stage.#publishingServer!, publishingPort);
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

  async #begin({ subject, sockets, dispatches, isHttp = false }: StageOptions): Promise<void> {
    const { server, port } = this;
    await this.#answers(server, port);
    const isOurs = subject.name === 'ours';
    // Over HTTP all verify the same tokens; on their sockets the others ask for none.
    const tokens = isOurs || isHttp ? await createTokens(this.#options, sockets) : [];
    if (isOurs) await seed(this.#options, tokens[0]!, dispatches);
    this.#opening = { port, protocol: subject.protocol, sockets, tokens };
    await this.quiet();
  }

  async #answers(server: Child<AgentCommands>, port: number): Promise<void> {
    await isListening(port, () => server.hasEnded);
    if (server.hasEnded) throw new Error(`${this.subject.label} did not start:\n${server.printed}`);
  }

  /** Subscribes all sockets. Returns the CPU time, in seconds, that the server has used when all are subscribed. */
  async subscribe(subscribing: Subscribing): Promise<number> {
    await this.generator.ask('subscribe', subscribing);
    const subscriptions = this.opening.sockets * subscribing.perSocket;
    if (this.subject.beginsWithSnapshot) await this.received('snapshots', subscriptions);
    return this.quiet();
  }

  /** Waits until this many have come. Throws when there are fewer or more. */
  async received(what: 'deliveries' | 'snapshots', expected: number): Promise<void> {
    const received = await this.generator.ask('received', {
      what,
      atLeast: expected,
      timeoutMs: receiveTimeoutMs,
    });
    if (received !== expected)
      throw new Error(`${this.subject.label} showed its subscribers ${received} of ${expected} ${what}.`);
  }

  /** Waits until the server is idle. Returns the CPU time, in seconds, that it has used so far. */
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
    throw new Error(`${this.subject.label} did not come to rest.`);
  }

  /** Resident memory of the server in KiB: after garbage collection, or as it is where the server cannot be told to collect. */
  async heldKb(): Promise<number> {
    await this.#collect();
    await this.quiet();
    await this.#collect();
    return this.residentKb();
  }

  async #collect(): Promise<void> {
    if (this.#canAnswer('collect')) await this.server.ask('collect', null);
  }

  #canAnswer(command: keyof AgentCommands): boolean {
    return this.subject.runtime.answers.includes(command);
  }

  residentKb(): number {
    return readResidentKb(this.server.pid);
  }

  /** Runs `run`; the server writes a CPU profile of it when the bench was told to, and it can. */
  async profiled<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.#profileFolder === null || !this.#canAnswer('startProfile')) return run();
    await this.server.ask('startProfile', null);
    this.#isProfiling = true;
    const result = await run();
    this.#isProfiling = false;
    const file = join(this.#profileFolder, `${name}-${this.subject.label}.cpuprofile`);
    await this.server.ask('stopProfile', { file });
    return result;
  }

  async clear(): Promise<void> {
    const children = [this.server, this.generator, this.publisher, this.#publishingServer];
    await Promise.all(children.flatMap((child) => (child === null ? [] : [child.stop()])));
  }
}

function startServer(
  subject: Subject,
  program: string,
  options: ServerOptions,
  core: number | null,
): Child<AgentCommands> {
  const { runtime, nodeFlags } = subject;
  return new Child({
    program,
    args: subject.args(options),
    runtime: runtime.find()!,
    nodeFlags: [...nodeFlags, ...runtime.flags],
    env: subject.env(options),
    // The service reads `.env` of its working directory. There is none here.
    cwd: import.meta.dirname,
    hasChannel: runtime.answers.length > 0,
    core,
  });
}
