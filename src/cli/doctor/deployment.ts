/** The doctor's check that Redis and the database belong to the same deployment. */
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { examine, type Finding } from './finding.ts';
import { readKeptText, type KeptText } from './kept-text.ts';
import { createDoctorConnection, readTarget, type RedisSettings } from './redis.ts';

const identity: KeptText = {
  table: 'record_facts',
  select: `select value from record_facts where name = 'deployment'`,
};

export async function examineDeployment(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { stores } = config;
  if (stores.kind !== 'redis') return [];
  return examine('deployment', clock, 'See the message.', async (findings) => {
    const own = await readKeptText(config, identity);
    const marked = await readMark(stores);
    // What cannot be reached is found by the checks of Redis and of the database.
    if (own === undefined || marked === undefined) return;
    if (own === null || marked === null) findings.ok('Redis is not marked as that of another one');
    else if (own === marked) findings.ok('Redis and the database belong together');
    else
      findings.problem(
        'Redis is marked as that of another one, with another database: this one would not start',
        `Set another REDIS_PREFIX or REDIS_URL, or end the other and delete the key ${markKey(stores)}.`,
      );
  });
}

const markKey = ({ redisPrefix }: RedisSettings) => `${redisPrefix}deployment`;

/** Null where there is none; undefined where Redis cannot be reached. */
async function readMark(stores: RedisSettings): Promise<string | null | undefined> {
  const client = createDoctorConnection(readTarget(stores));
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.get(markKey(stores));
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}
