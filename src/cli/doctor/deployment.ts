/** The doctor's check that Redis and the database belong to the same deployment. */
import type { Config } from '../../config/config.ts';
import type { Secret } from '../../config/secret.ts';
import type { Clock } from '../../lib/clock.ts';
import { examine, type Finding } from './finding.ts';
import { readKeptText, type KeptText } from './kept-text.ts';
import { createDoctorConnection, readTarget } from './redis.ts';

const identity: KeptText = {
  table: 'record_facts',
  select: `select value from record_facts where name = 'deployment'`,
};

export async function examineDeployment(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { redisUrl } = config.secrets;
  if (!redisUrl) return [];
  return examine('deployment', clock, 'See the message.', async (findings) => {
    const own = await readKeptText(config, identity);
    const marked = await readMark(config, redisUrl);
    // What cannot be reached is found by the checks of Redis and of the database.
    if (own === undefined || marked === undefined) return;
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

/** Null where there is none; undefined where Redis cannot be reached. */
async function readMark(config: Config, redisUrl: Secret): Promise<string | null | undefined> {
  const client = createDoctorConnection(readTarget(config, redisUrl));
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.get(markKey(config));
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}
