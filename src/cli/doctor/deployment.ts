/** The doctor's check that Redis and the database belong to the same deployment. */
import { Redis } from 'ioredis';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { parseRedisAddress } from '../../lib/redis-address.ts';
import { connectionOptions } from '../../stores/redis-client.ts';
import { examine, type Finding } from './finding.ts';
import { connect } from './postgres.ts';

export async function examineDeployment(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { record, secrets } = config;
  const address = secrets.redisUrl && parseRedisAddress(secrets.redisUrl.reveal());
  // A process with a database of its own has Redis for itself, too; the nodes of a cluster would have to be asked one by one.
  if (record.kind !== 'postgres' || !address || address.kind === 'cluster') return [];
  return examine('deployment', clock, 'See the message.', async (findings) => {
    const both = await Promise.allSettled([readIdentity(config), readMark(config)]);
    // What cannot be reached is found by the checks of Redis and of PostgreSQL.
    if (both.some(({ status }) => status === 'rejected')) return;
    const [own, marked] = both.map((one) => (one as PromiseFulfilledResult<string | null>).value);
    if (own === null || marked === null) findings.ok('Redis is not marked as that of another one');
    else if (own === marked) findings.ok('Redis and the database belong together');
    else
      findings.problem(
        'Redis is marked as that of another one, with another database: this one would not start',
        `Set another REDIS_PREFIX or REDIS_URL, or end the other and delete the key ${markKey(config)}.`,
      );
  });
}

const markKey = ({ stores }: Config) => `${stores.redisPrefix}deployment`;

/** Null before the first start. */
async function readIdentity({ secrets }: Config): Promise<string | null> {
  const client = await connect(secrets.databaseUrl!.reveal());
  try {
    const { rows } = await client.query<{ table: string | null }>(
      `select to_regclass('record_facts')::text as table`,
    );
    if (rows[0]?.table === null) return null;
    const facts = await client.query<{ value: string }>(
      `select value from record_facts where name = 'deployment'`,
    );
    return facts.rows[0]?.value ?? null;
  } finally {
    await client.end();
  }
}

async function readMark(config: Config): Promise<string | null> {
  const { secrets, stores } = config;
  const security = { ca: stores.redisCa, sentinelPassword: secrets.redisSentinelPassword?.reveal() };
  const client = new Redis({
    ...connectionOptions({ address: parseRedisAddress(secrets.redisUrl!.reveal()), security }),
    ...{ lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 },
    connectionName: 'dispatch-subgraph:doctor',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.get(markKey(config));
  } finally {
    client.disconnect();
  }
}
