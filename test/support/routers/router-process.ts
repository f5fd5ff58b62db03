/** Runs the program of a router as a process, which ends with the test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import { leash } from '../leash.ts';
import { until } from '../until.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

export interface RouterOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What is written into its folder, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** An address that answers with 200 when it is ready. */
  readonly healthUrl: string;
  /** What is sent there. Default: a GET. */
  readonly healthRequest?: RequestInit;
}

export class RouterProcess {
  /** What it has printed, across all starts. */
  readonly lines: string[] = [];
  readonly #options: RouterOptions;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> | undefined;

  constructor(options: RouterOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Resolves when it is ready. */
  async start(): Promise<this> {
    const { program, args: given, env, healthUrl, healthRequest } = this.#options;
    const [command = '', ...args] = [...leash, program, ...given];
    const child = spawn(command, args, {
      cwd: this.#folder,
      // Nothing of the environment of the tests, in which routers look for settings.
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#ended = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    await until(
      'the router is ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`The router ended:\n${this.lines.join('\n')}`);
        // Connections are refused until it listens.
        return fetch(healthUrl, healthRequest).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      60_000,
    );
    return this;
  }

  /** Stands still with SIGSTOP, goes on with SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child!.kill(signal);
  }

  /** Resolves when it has ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }
}

/** Resolves when it is ready. */
export async function tRouterProcess(options: RouterOptions): Promise<RouterProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'router-'));
  undos.push(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(options.files)) await writeFile(join(folder, name), text);
  const router = new RouterProcess(options, folder);
  undos.push(() => router.kill('SIGKILL'));
  return router.start();
}
