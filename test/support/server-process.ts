/** Runs the service as a process, which can be killed and started again with the same port and data. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { freePort } from './free-port.ts';
import { leash } from './leash.ts';
import { createTestClient, type TestClient } from './test-client.ts';
import { until } from './until.ts';

export { freePort };

const ownProgram = resolve(import.meta.dirname, '../../src/main.ts');

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(undos.splice(0).map((undo) => undo()));
});

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** For Node, before the program. */
  readonly nodeFlags?: readonly string[];
  /** Whether it has a channel for messages to and from this process. */
  readonly hasChannel?: boolean;
  /** The descriptor that its log goes to. Default: a pipe, whose lines are read here. */
  readonly stdout?: number;
  /** How many descriptors it may have. */
  readonly maxDescriptors?: number;
  /** The folder in which its data have theirs. Default: that of temporary files. */
  readonly within?: string;
  /** The file that is run, where it is not that of this tree. */
  readonly program?: string;
  /** What is run in place of Node with a program. */
  readonly command?: readonly string[];
}

export class ServerProcess {
  readonly port: number;
  readonly #env: Record<string, string>;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #exit: Promise<Exit> | undefined;
  /** Everything that it has printed, across all starts. */
  readonly lines: string[] = [];
  readonly client: TestClient;

  constructor(port: number, env: Record<string, string>, options: ProcessOptions = {}) {
    this.port = port;
    this.#env = env;
    this.#options = options;
    this.client = createTestClient(this.url, parseConfig(env));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/graphql`;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  get child(): ChildProcess {
    return this.#child!;
  }

  /** Resolves when the process has exited, for whatever reason. */
  get ended(): Promise<Exit> {
    return this.#exit!;
  }

  /** Resolves when it is ready; rejects with its output when it exits before. */
  async start(): Promise<this> {
    const { nodeFlags = [], hasChannel = false, stdout = 'pipe', maxDescriptors } = this.#options;
    const { program = ownProgram } = this.#options;
    const bound = maxDescriptors === undefined ? [] : ['prlimit', `--nofile=${maxDescriptors}`];
    const { command: run = [process.execPath, ...nodeFlags, program] } = this.#options;
    const [command = '', ...args] = [...leash, ...bound, ...run];
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', ...this.#env, PORT: String(this.port) },
      stdio: ['ignore', stdout, 'pipe', ...(hasChannel ? ['ipc' as const] : [])],
    });
    this.#child = child;
    this.#exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    const ready = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        if (line.includes('"msg":"ready"')) ready.resolve();
      });
    }
    await Promise.race([
      stdout === 'pipe' ? ready.promise : this.#isReady(),
      this.#exit.then((exit) => {
        throw new Error(`The service exited early (${JSON.stringify(exit)}):\n${this.lines.join('\n')}`);
      }),
    ]);
    return this;
  }

  /** Without reading what it prints. */
  async #isReady(): Promise<void> {
    await until(
      'the service is ready',
      async () => (await fetch(`${this.url}/health/ready`).catch(() => null))?.ok,
      30_000,
    );
  }

  /** Resolves with the first line that contains `text`, when it has been printed. */
  async printed(text: string): Promise<string> {
    return until(`the service prints ${text}`, () => this.lines.find((line) => line.includes(text)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.#exit!;
  }
}

/** Starts the service; it is killed after the test, and its data removed. */
export async function tServerProcess(
  env: Record<string, string> = {},
  options: ProcessOptions = {},
): Promise<ServerProcess> {
  return (await tIdleProcess(env, options)).start();
}

/** The service before its start; it is killed after the test, if it was started, and its data removed. */
export async function tIdleProcess(
  env: Record<string, string>,
  options: ProcessOptions = {},
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(options.within ?? tmpdir(), 'dispatch-'));
  const everyEnv = {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    RATE_LIMIT_SCALE: '0',
    SHUTDOWN_DRAIN_MS: '0',
    ...env,
  };
  const server = new ServerProcess(await freePort(), everyEnv, options);
  undos.push(async () => {
    await server.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });
  return server;
}
