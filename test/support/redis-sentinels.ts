/** A real Redis with a replica, watched by three Sentinels, for a test: a failover is asked for, or the primary killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { leash } from './leash.ts';
import { freePort } from './free-port.ts';
import { start } from './redis.ts';
import { until } from './until.ts';

const sentinelCount = 3;
const quorum = 2;
/** How long a primary may be away before another one is chosen. */
const downAfterMs = 500;

export interface TestSentinels extends AsyncDisposable {
  /** The Sentinels, with the name of the primary. */
  readonly url: string;
  /** Has the replica become the primary. Resolves when the Sentinels say so. */
  failOver(): Promise<void>;
  /** Kills the primary. Resolves when the Sentinels have chosen another. */
  killPrimary(): Promise<void>;
}

export async function tSentinels(): Promise<TestSentinels> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-'));
  const children: ChildProcess[] = [];
  const inFolder = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const [primary, replica] = [await freePort(), await freePort()];
  const servers = new Map<number, ChildProcess>();
  servers.set(primary, await start(inFolder('primary'), primary, false));
  servers.set(
    replica,
    await start(inFolder('replica'), replica, false, { replicaof: `127.0.0.1 ${primary}` }),
  );
  children.push(...servers.values());
  const ports: number[] = [];
  for (let index = 0; index < sentinelCount; index += 1) {
    const port = await freePort();
    ports.push(port);
    children.push(await startSentinel(inFolder(`sentinel-${index}`), port, primary));
  }
  const asking = new Redis(ports[0]!, '127.0.0.1', { connectionName: 'test' });
  asking.on('error', () => {});
  const primaryPort = async () => {
    const [, port] = (await asking.call('SENTINEL', 'get-master-addr-by-name', 'dispatch')) as string[];
    return Number(port);
  };
  const untilMovedFrom = (port: number) =>
    until('another server is the primary', async () => (await primaryPort()) !== port, 30_000);
  const isWatched = async () => {
    const told = String(await asking.call('SENTINEL', 'ckquorum', 'dispatch').catch(() => ''));
    const replicas = (await asking.call('SENTINEL', 'replicas', 'dispatch')) as unknown[];
    return told.startsWith('OK 3') && replicas.length === 1;
  };
  await until('the Sentinels know each other and the replica', isWatched, 30_000);
  return {
    url: `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/dispatch`,
    async failOver() {
      const before = await primaryPort();
      await asking.call('SENTINEL', 'failover', 'dispatch');
      await untilMovedFrom(before);
    },
    async killPrimary() {
      const before = await primaryPort();
      servers.get(before)!.kill('SIGKILL');
      await untilMovedFrom(before);
    },
    async [Symbol.asyncDispose]() {
      asking.disconnect();
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startSentinel(folder: string, port: number, primary: number): Promise<ChildProcess> {
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor dispatch 127.0.0.1 ${primary} ${quorum}`,
    `sentinel down-after-milliseconds dispatch ${downAfterMs}`,
    'sentinel failover-timeout dispatch 3000',
  ];
  writeFileSync(file, lines.join('\n'));
  const [program = '', ...args] = [...leash, 'redis-server', file, '--sentinel'];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('+monitor')) return child;
  }
  throw new Error('A Sentinel did not start.');
}
