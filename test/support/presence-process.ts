/** A whole process that holds presence: `tPresenceProcess` starts it, and tests kill it. */
import { createInterface } from 'node:readline';
import { createLogger } from '../../src/observability/log.ts';
import { PresenceRedis } from '../../src/stores/presence/redis.ts';
import type { PresenceOptions } from '../../src/stores/presence/presence.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from './clock.ts';

/** What the process is told, as JSON in its only argument. */
export interface PresenceProcessOptions extends PresenceOptions {
  readonly url: string;
  readonly keyPrefix: string;
  /** What its clock shows at first, milliseconds since the Unix epoch. */
  readonly startAt: number;
  /** Who connects here, each with one connection. */
  readonly viewerIds: readonly string[];
}

const { url, keyPrefix, startAt, viewerIds, ...options } = JSON.parse(
  process.argv[2] ?? '',
) as PresenceProcessOptions;
const clock = new ManualClock(startAt);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const log = createLogger('silent');
const presence = new PresenceRedis({
  redis: new RedisConnections({ url, keyPrefix, name: 'child', serverTime: () => clock.now(), log }),
  clock,
  options,
  listener: {
    onOnline: ({ viewerId }) => say(`${viewerId} online`),
    onOffline: ({ viewerId }) => say(`${viewerId} offline`),
  },
  log,
});
const connectedAt = clock.now();
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

// Who started it holds the other end: they move its clock on, and take it along.
createInterface(process.stdin)
  .on('line', (ms) => void clock.advance(Number(ms)).then(() => say('advanced')))
  .on('close', () => process.exit());
