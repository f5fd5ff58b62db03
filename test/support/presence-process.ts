/** A whole process that holds presence: `tPresenceProcess` starts it, and tests kill it. */
import { createLogger } from '../../src/observability/log.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { PresenceRedis } from '../../src/stores/presence/redis.ts';
import type { PresenceOptions } from '../../src/stores/presence/presence.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';

/** What the process is told, as JSON in its only argument. */
export interface PresenceProcessOptions extends PresenceOptions {
  readonly url: string;
  readonly keyPrefix: string;
  /** Who connects here, each with one connection. */
  readonly viewerIds: readonly string[];
}

// Who started it holds the other end, and takes it along.
process.stdin.resume().on('end', () => process.exit());

const { url, keyPrefix, viewerIds, ...options } = JSON.parse(process.argv[2] ?? '') as PresenceProcessOptions;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const log = createLogger('silent');
const presence = new PresenceRedis({
  redis: new RedisConnections({ url, keyPrefix, name: 'child', log }),
  clock: systemClock,
  options,
  listener: {
    onOnline: ({ viewerId }) => say(`${viewerId} online`),
    onOffline: ({ viewerId }) => say(`${viewerId} offline`),
  },
  log,
});
const connectedAt = systemClock.now();
await Promise.all(
  viewerIds.map((viewerId) =>
    presence.connect({
      connectionId: `${process.pid}:${viewerId}`,
      viewerId,
      name: null,
      role: null,
      connectedAt,
    }),
  ),
);
say('connected');
