/** The two set-ups of stores, for tests that prove the same of both: in the process, and on a real Redis. */
import { afterAll, beforeAll } from '@jest/globals';
import { tRedis, type TestRedis } from './redis.ts';

/** Call it once per file, outside of tests. The environment of a service by the name of its set-up. */
export function tEmbeddedAndRedis(): Readonly<Record<string, () => Record<string, string>>> {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await tRedis();
  });
  afterAll(() => redis.stop());
  return { embedded: () => ({}), Redis: () => ({ REDIS_URL: redis.url }) };
}
