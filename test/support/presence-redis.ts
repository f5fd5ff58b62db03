/** Processes with presence on Redis, for tests: some inside the test, some real ones that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { systemClock } from '../../src/lib/clock.ts';
import { PresenceRedis } from '../../src/stores/presence/redis.ts';
import type { Connection, PresenceOptions } from '../../src/stores/presence/presence.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import type { PresenceProcessOptions } from './presence-process.ts';
import type { TestRedis } from './redis.ts';

const keyPrefix = 'test:';

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
  options: PresenceOptions,
  heard: string[],
  onOffline: (viewer: { viewerId: string; at: number; lastSeen: number }) => void = () => {},
): TestPresence {
  const complaints: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line) => void complaints.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const redis = new RedisConnections({ url: server.url, keyPrefix, name: 'process', log });
  const listener = {
    onOnline: ({ viewerId }: { viewerId: string }) => void heard.push(`${viewerId} online`),
    onOffline: (viewer: { viewerId: string; at: number; lastSeen: number }) => {
      heard.push(`${viewer.viewerId} offline`);
      onOffline(viewer);
    },
  };
  const presence = new PresenceRedis({ redis, clock: systemClock, options, listener, log });
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
        connectedAt: Date.now(),
      };
      return presence.connect(connection);
    },
    [Symbol.asyncDispose]: close,
  };
}

export interface PresenceProcess extends AsyncDisposable {
  /** Resolves when SIGKILL has ended it; for other signals at once. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A real process that holds a connection for each viewer. Resolves when all are connected. */
export async function tPresenceProcess(
  server: TestRedis,
  options: PresenceOptions & { readonly viewerIds: readonly string[] },
  heard: string[],
): Promise<PresenceProcess> {
  const told: PresenceProcessOptions = { url: server.url, keyPrefix, ...options };
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
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The process ended before it was connected.')));
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'connected') resolve();
      else heard.push(line);
    });
  });
  return { kill, [Symbol.asyncDispose]: () => kill() };
}
