/** The doctor's check that Redis and the database belong to the same deployment. */
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RedisTarget } from '../../stores/redis-client.ts';
import { examine, type Finding } from './finding.ts';
import { connect } from './postgres.ts';
import { createDoctorClient, readTarget } from './redis.ts';

export async function examineDeployment(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { record, secrets } = config;
  const target = secrets.redisUrl && readTarget(config, secrets.redisUrl);
  // A process with a database of its own has Redis for itself, too; the nodes of a cluster would have to be asked one by one.
  if (record.kind !== 'postgres' || !target || target.address.kind === 'cluster') return [];
  return examine('deployment', clock, 'See the message.', async (findings) => {
    const both = await Promise.allSettled([readIdentity(config), readMark(target, markKey(config))]);
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
async function readIdentity(config: Config): Promise<string | null> {
  const client = await connect(config);
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

async function readMark(target: RedisTarget, key: string): Promise<string | null> {
  const client = createDoctorClient(target);
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.get(key);
  } finally {
    client.disconnect();
  }
}
