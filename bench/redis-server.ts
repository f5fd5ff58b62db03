/** Starts the Redis server of the bench on a free port. It is emptied before each run and killed when the bench exits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort, isListening } from './ports.ts';

export interface RedisServer {
  readonly url: string;
  readonly pid: number;
  /** Deletes everything. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** `redis-server` could not be started. The message is meant for the user. */
export class RedisMissing extends Error {}

export async function startRedis(core: number | null): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-redis-'));
  const port = await findFreePort();
  const pin = core === null ? [] : ['taskset', '-c', String(core)];
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
  const [command, ...args] = [
    ...pin,
    'redis-server',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ];
  const child = spawn(command!, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const removeAtExit = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeAtExit);
  const failed = Promise.race([once(child, 'error'), ended]).then(() => {
    throw new RedisMissing('redis-server could not be started: install it (apt-get install redis-server).');
  });
  await Promise.race([isListening(port), failed]);
  const client = new Redis(port, '127.0.0.1');
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid!,
    empty: async () => void (await client.flushall()),
    async stop() {
      failed.catch(() => undefined);
      client.disconnect();
      child.kill('SIGKILL');
      await ended;
      process.removeListener('exit', removeAtExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
