/** A real redis-server for a test: started on a free port, killed, restarted, inspected and removed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { leash } from './leash.ts';

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** A connection of the test's own. Its commands wait while the server is away. */
  readonly client: Redis;
  /** Sends a signal, SIGKILL unless told; resolves when the process has ended, or at once for SIGSTOP and SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the server again on the same port and folder, killing it first if it runs. Empty unless `appendonly`. */
  restart(): Promise<void>;
  /**
   * Does to all keys that begin with `prefix` what `ms` milliseconds would: they expire that much sooner. So a test can say
   * what has ended and what has not, however long it takes itself.
   */
  age(prefix: string, ms: number): Promise<void>;
  /** What a closed service has left behind: keys that never expire, channels with subscribers, others' connections. */
  leftovers(): Promise<{ persistentKeys: string[]; channels: string[]; clients: string[] }>;
  /** Ends the server and removes its folder. `await using` does it by itself. */
  stop(): Promise<void>;
}

/** Starts a redis-server. With `appendonly` every write is on disk before it is answered. */
export async function tRedis({ appendonly = false } = {}): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const started = await startOnFreePort(folder, appendonly).catch((error: unknown) => {
    remove();
    throw error;
  });
  const { port } = started;
  let { child } = started;
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
    connectionName: 'test',
    disconnectTimeout: 100,
  });
  // While the server is away its commands wait: there is nothing to report.
  client.on('error', () => {});
  // A test that fails half-way must not leave its server behind.
  const killAtExit = () => void child.kill('SIGKILL');
  process.once('exit', killAtExit);

  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
  };
  const stop = async () => {
    client.disconnect();
    await kill();
    process.removeListener('exit', killAtExit);
    remove();
  };
  return {
    url,
    port,
    client,
    kill,
    stop,
    async restart() {
      await kill();
      child = await start(folder, port, appendonly);
    },
    async age(prefix, ms) {
      await client.eval(ageKeys, 0, `${prefix}*`, ms);
    },
    leftovers: () => readLeftovers(client),
    [Symbol.asyncDispose]: stop,
  };
}

/** ARGV: pattern of the keys, milliseconds. */
const ageKeys = `
  for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
    local left = redis.call('PTTL', key)
    if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[2]) end
  end`;

async function readLeftovers(client: Redis) {
  const keys = await client.keys('*');
  const ttls = await Promise.all(keys.map((key) => client.pttl(key)));
  const clientList = String(await client.client('LIST'));
  return {
    persistentKeys: keys.filter((_, index) => ttls[index] === -1),
    channels: (await client.pubsub('CHANNELS')) as string[],
    clients: [...clientList.matchAll(/ name=(\S*)/g)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'test'),
  };
}

async function startOnFreePort(folder: string, appendonly: boolean, attempts = 5) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { port, child: await start(folder, port, appendonly) };
    } catch (error) {
      // Somebody else was given the same port in between.
      if (attempt === attempts) throw error;
    }
  }
}

/** Starts the program and waits until it answers. */
export async function start(
  folder: string,
  port: number,
  appendonly: boolean,
  more: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: appendonly ? 'yes' : 'no',
    appendfsync: 'always',
    'enable-debug-command': 'local',
    ...more,
  };
  const [program = '', ...args] = [
    ...leash,
    'redis-server',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server did not start:\n${lines.join('\n')}`)));
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  await ready;
  return child;
}
