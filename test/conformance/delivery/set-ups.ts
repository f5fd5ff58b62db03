/** The set-ups in which promises of delivery are proved. */
import { afterAll, beforeAll } from '@jest/globals';
import { tPostgres, type TestPostgres } from '../../support/postgres.ts';
import type { TestRedisCluster } from '../../support/redis-cluster.ts';
import type { TestRedis } from '../../support/redis.ts';

export interface SetUp {
  readonly env: () => Readonly<Record<string, string>>;
  /** See `TestRedis.age`. */
  age(prefix: string, ms: number): Promise<void>;
  /** A record that several processes may have. Resolves with its address. */
  createDatabase(): Promise<string>;
}

const alone = async () => {
  throw new Error('One process has this alone.');
};

export const embedded: SetUp = { env: () => ({}), age: alone, createDatabase: alone };

/** Call it once in a file, outside of tests. The servers end with the file. */
export function tOnServers(startRedis: () => Promise<TestRedis | TestRedisCluster>): SetUp {
  let redis: TestRedis | TestRedisCluster;
  let postgres: TestPostgres;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), tPostgres()]);
  });
  afterAll(async () => {
    await Promise.all([redis[Symbol.asyncDispose](), postgres.stop()]);
  });
  return {
    env: () => ({ REDIS_URL: redis.url }),
    age: (prefix, ms) => redis.age(prefix, ms),
    createDatabase: () => postgres.createDatabase(),
  };
}
