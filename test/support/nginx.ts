/** Starts a real nginx with nginx.conf of this project, in front of processes on loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import { leash } from './leash.ts';
import { freePort } from './server-process.ts';
import { until } from './until.ts';

const configuration = resolve(import.meta.dirname, '../../nginx.conf');

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface Nginx {
  readonly url: string;
  readonly wsUrl: string;
  /** What nginx wrote to its error log. */
  readonly lines: readonly string[];
}

/** The configuration with other addresses, and no other changes. */
async function configure(folder: string, port: number, backends: readonly number[]): Promise<string> {
  const text = await readFile(configuration, 'utf8');
  const [line = ''] = /^ *server dispatch-1:4004.*;$/m.exec(text) ?? [];
  const servers = backends.map((backend) => line.replace('dispatch-1:4004', `127.0.0.1:${backend}`));
  const changed = text
    .replace(/(^ *server dispatch-.*;\n)+/m, `${servers.join('\n')}\n`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll('/tmp/', `${folder}/`);
  const path = join(folder, 'nginx.conf');
  await writeFile(path, changed);
  return path;
}

/** Starts nginx in front of the ports; it is stopped after the test. */
export async function tNginx(backends: readonly number[]): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const port = await freePort();
  const path = await configure(folder, port, backends);
  // One process without workers, which ends with its parent: workers would outlive a master that was killed.
  const directives = 'daemon off; master_process off;';
  const [program = '', ...args] = [
    ...leash,
    'nginx',
    '-p',
    folder,
    '-c',
    path,
    '-e',
    'stderr',
    '-g',
    directives,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  undos.push(async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${lines.join('\n')}`);
    // Connections are refused until it listens.
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  return { url, wsUrl: `${url.replace('http', 'ws')}/graphql`, lines };
}
