/** Runs the program of a router as a process, which ends with the test. */
import { spawn } from 'node:child_process';
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
}

export interface RouterProcess {
  /** What it has printed. */
  readonly lines: readonly string[];
}

/** Resolves when it is ready. */
export async function tRouterProcess(options: RouterOptions): Promise<RouterProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'router-'));
  undos.push(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(options.files)) await writeFile(join(folder, name), text);
  const [command = '', ...args] = [...leash, options.program, ...options.args];
  // Nothing of the environment of the tests, in which routers look for settings.
  const env = { PATH: process.env['PATH'] ?? '', ...options.env };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  undos.push(() => {
    // It would wait for the streams of clients that have not left.
    child.kill('SIGKILL');
    return ended;
  });
  await until(
    'the router is ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`The router ended:\n${lines.join('\n')}`);
      // Connections are refused until it listens.
      return fetch(options.healthUrl).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    60_000,
  );
  return { lines };
}
