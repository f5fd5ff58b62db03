/** Processes with presence on Redis, for tests: some inside the test, some real ones that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { Clock } from '../../src/lib/clock.ts';
import { PresenceRedis } from '../../src/stores/presence/redis.ts';
import type { Connection, PresenceOptions } from '../../src/stores/presence/presence.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import type { PresenceProcessOptions } from './presence-process.ts';
import type { TestRedis } from './redis.ts';

const keyPrefix = 'test:';
const leasesKey = `${keyPrefix}{presence}:processes`;
const connectionsKey = `${keyPrefix}{presence}:process:`;
/** Whoever waited for the answer to a command would wait for ever. */
const never = 3_600_000;

export interface TestPresenceOptions extends PresenceOptions {
  readonly clock: Clock;
}

export interface TestPresence extends AsyncDisposable {
  readonly presence: PresenceRedis;
  readonly redis: RedisConnections;
  /** What was logged as a warning or worse. */
  readonly complaints: readonly string[];
  connect(viewerId: string, connectionId?: string): Promise<void>;
  close(): Promise<void>;
}

/** One process's presence. What it reports is added to `heard`: "ana online", "ana offline". */
export function tPresence(
  server: Pick<TestRedis, 'url'>,
  { clock, ...options }: TestPresenceOptions,
  heard: string[],
  onOffline: (viewer: { viewerId: string; at: number; lastSeen: number }) => void = () => {},
): TestPresence {
  const complaints: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line) => void complaints.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const redis = new RedisConnections({
    url: server.url,
    keyPrefix,
    name: 'process',
    commandTimeoutMs: never,
    serverTime: () => clock.now(),
    log,
  });
  const listener = {
    onOnline: ({ viewerId }: { viewerId: string }) => void heard.push(`${viewerId} online`),
    onOffline: (viewer: { viewerId: string; at: number; lastSeen: number }) => {
      heard.push(`${viewer.viewerId} offline`);
      onOffline(viewer);
    },
  };
  const presence = new PresenceRedis({ redis, clock, options, listener, log });
  const close = async () => {
    await presence.close();
    await redis.close();
  };
  return {
    presence,
    redis,
    complaints,
    close,
    connect(viewerId, connectionId = viewerId) {
      const connection: Connection = {
        connectionId,
        viewerId,
        name: null,
        role: null,
        connectedAt: clock.now(),
      };
      return presence.connect(connection);
    },
    [Symbol.asyncDispose]: close,
  };
}

export interface PresenceProcess extends AsyncDisposable {
  /** Resolves when SIGKILL has ended it; for other signals at once. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Moves its clock on; resolves when what fell due has run. */
  advance(ms: number): Promise<void>;
  /** How long its lease still holds, by Redis's own time, milliseconds. */
  leaseLeftMs(): Promise<number>;
  /** Makes its lease end now. */
  endLease(): Promise<void>;
}

/** A real process that holds a connection for each viewer, on a clock of its own. Resolves when all are connected. */
export async function tPresenceProcess(
  server: TestRedis,
  { clock, ...options }: TestPresenceOptions & { readonly viewerIds: readonly string[] },
  heard: string[],
): Promise<PresenceProcess> {
  const told: PresenceProcessOptions = { url: server.url, keyPrefix, startAt: clock.now(), ...options };
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'presence-process.ts'), JSON.stringify(told)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL') await gone;
  };
  let done = () => {};
  await new Promise<void>((resolve, reject) => {
    done = resolve;
    child.once('exit', () => reject(new Error('The process ended before it was connected.')));
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'connected' || line === 'advanced') done();
      else heard.push(line);
    });
  });
  const processId = await findProcess(server, child.pid);
  return {
    kill,
    advance: (ms) =>
      new Promise((resolve) => {
        done = resolve;
        child.stdin.write(`${ms}\n`);
      }),
    async leaseLeftMs() {
      const end = await server.client.zscore(leasesKey, processId);
      const [seconds, micros] = await server.client.time();
      return Number(end) - (Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000));
    },
    async endLease() {
      await server.client.zadd(leasesKey, 'XX', 0, processId);
    },
    [Symbol.asyncDispose]: () => kill(),
  };
}

/** The id under which Redis knows a process: the one whose connections begin with its number. */
async function findProcess({ client }: TestRedis, pid: number | undefined): Promise<string> {
  for (const key of await client.keys(`${connectionsKey}*`)) {
    const members = (await client.smembers(key)).map((json) => JSON.parse(json) as [string, string]);
    if (members.some(([connectionId]) => connectionId.startsWith(`${pid}:`)))
      return key.slice(connectionsKey.length);
  }
  throw new Error(`Redis knows no connection of process ${pid}.`);
}
