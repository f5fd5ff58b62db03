/** The doctor's checks of Redis: whether it can be reached, is fast enough, and keeps the event log. */
import { Cluster, Redis } from 'ioredis';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { describeServers, parseRedisAddress, type RedisAddress } from '../../lib/addresses/redis-address.ts';
import { connectionOptions, type RedisTarget } from '../../stores/redis-client.ts';
import { compareClocks, examine, type Finding, type Findings } from './finding.ts';
import { examineRights } from './redis-rights.ts';

/** Sharded channels (SSUBSCRIBE), which carry events in a cluster, exist since Redis 7. */
const minVersion = 7;
const pings = 20;
/** Every event waits for the round trip of its append. */
const slowMs = 10;

export async function examineRedis(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { stores } = config;
  if (stores.kind !== 'redis') return [];
  const { address, security } = readTarget(stores);
  // Of a cluster every node that is named is asked; Sentinels are asked together for the primary.
  const addresses =
    address.kind === 'cluster'
      ? address.servers.map((server): RedisAddress => ({ ...address, kind: 'single', servers: [server] }))
      : [address];
  const found = await Promise.all(
    addresses.map((single) =>
      examine(
        `Redis ${describeServers(single).join(', ')}`,
        clock,
        'Check REDIS_URL, user and password, and that a network policy or firewall lets this machine through.',
        (findings) =>
          examineNode({ address: single, security }, findings, {
            prefix: stores.redisPrefix,
            isCluster: address.kind === 'cluster',
          }),
      ),
    ),
  );
  return found.flat();
}

export type RedisSettings = Extract<Config['stores'], { kind: 'redis' }>;

/** What the service would connect to. */
export function readTarget({ redisUrl, redisCa, redisSentinelPassword }: RedisSettings): RedisTarget {
  const security = { ca: redisCa, sentinelPassword: redisSentinelPassword?.reveal() };
  return { address: parseRedisAddress(redisUrl.reveal()), security };
}

/** Settings of clients that connect when they are told to, once. */
const once = {
  lazyConnect: true,
  // It would need a right of its own, as in the service.
  disableClientInfo: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  maxRetriesPerRequest: 0,
  connectionName: 'dispatch-subgraph:doctor',
} as const;

/** A client of one server that is not connected yet, and tries once. */
function createDoctorClient(target: RedisTarget): Redis {
  return new Redis({ ...connectionOptions(target), ...once });
}

/** The same of all nodes together, where they are a cluster. */
export function createDoctorConnection(target: RedisTarget): Redis | Cluster {
  const { kind, servers } = target.address;
  if (kind !== 'cluster') return createDoctorClient(target);
  return new Cluster([...servers], {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    redisOptions: { ...connectionOptions(target), ...once },
  });
}

async function examineNode(
  target: RedisTarget,
  findings: Findings,
  { prefix, isCluster }: { readonly prefix: string; readonly isCluster: boolean },
): Promise<void> {
  const client = createDoctorClient(target);
  // The error event has the reason; connect() rejects only with "Connection is closed."
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason ??= error));
  try {
    await client.connect().catch((error: unknown) => {
      throw reason ?? error;
    });
    const { database } = target.address;
    if (database !== 0 && reason)
      return findings.problem(
        `has no database ${database}: ${reason.message}`,
        'Set another one in REDIS_URL.',
      );
    const may = await examineRights(client, { database, prefix, isCluster }, findings);
    if (may('info') && may('time')) await examineServer(client, findings);
    if (may('ping')) await examineLatency(client, findings);
    if (may('subscribe') && may('publish')) await examineChannels(client, prefix, findings);
  } finally {
    client.disconnect();
  }
}

async function examineServer(client: Redis, findings: Findings): Promise<void> {
  const info = await client.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = field('redis_version');
  if (Number.parseInt(version, 10) < minVersion)
    findings.problem(`is version ${version}`, `Use version ${minVersion} or newer.`);
  else findings.ok(`answers, version ${version}`);
  if (field('role') === 'slave')
    findings.problem('is a replica, which accepts no writes', 'Set REDIS_URL to the primary.');
  if (field('loading') === '1') findings.warning('is still loading its data', 'Wait until it is done.');
  if (field('aof_enabled') !== '1')
    findings.warning(
      'has no append-only file: after a restart the event log is gone, and all clients begin with a snapshot',
      'Set appendonly yes.',
    );
  else findings.ok('has an append-only file');
  const policy = field('maxmemory_policy');
  if (policy && policy !== 'noeviction')
    findings.problem(
      `deletes keys when its memory is full (${policy}): parts of the event log would be lost`,
      'Set maxmemory-policy noeviction, and give the service a Redis of its own.',
    );
  else findings.ok('does not evict keys');
  const askedAt = Date.now();
  const [seconds = '0', microseconds = '0'] = (await client.time()).map(String);
  compareClocks(findings, 'Redis', Number(seconds) * 1000 + Number(microseconds) / 1000, askedAt);
}

async function examineLatency(client: Redis, findings: Findings): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < pings; index += 1) {
    const startedAt = performance.now();
    await client.ping();
    times.push(performance.now() - startedAt);
  }
  const medianMs = times.sort((a, b) => a - b)[pings / 2]!;
  const says = `takes ${medianMs.toFixed(1)} ms to answer`;
  if (medianMs > slowMs)
    findings.warning(
      `${says}, and every event waits for it`,
      'Bring Redis closer: into the same region or zone.',
    );
  else findings.ok(says);
}

/** If this user may not subscribe, or a proxy does not support channels, no client would see any event. */
async function examineChannels(client: Redis, prefix: string, findings: Findings): Promise<void> {
  const channel = `${prefix}doctor`;
  const listener = client.duplicate();
  listener.on('error', () => {});
  try {
    await listener.connect();
    await listener.subscribe(channel);
    const heard = new Promise<void>((resolve) => listener.once('message', () => resolve()));
    await client.publish(channel, 'are you there?');
    await heard;
    findings.ok('carries messages');
  } finally {
    listener.disconnect();
  }
}
