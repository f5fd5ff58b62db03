/** Starts a whole service of several processes with one real Redis and one real PostgreSQL. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import pg from 'pg';
import { tPostgres, type TestPostgres } from './postgres.ts';
import { tRedis, type TestRedis } from './redis.ts';
import { tServerProcess, type ServerProcess } from './server-process.ts';

export interface TestService {
  readonly redis: TestRedis;
  readonly databaseUrl: string;
  readonly servers: readonly ServerProcess[];
  /** The environment of the servers, to start another one. */
  readonly env: Record<string, string>;
  /** Runs SQL, as another service with the same database does. */
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface TestServiceOptions {
  /** Default 3. */
  readonly processes?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether Redis keeps its data across a restart. Default true. */
  readonly appendonly?: boolean;
  /** Called when Redis runs and the servers have not been started. */
  readonly prepare?: (redis: TestRedis) => Promise<void>;
  /** Name and password of the user that the servers are in Redis. Default: none. */
  readonly redisUser?: string;
}

/** Call it once per file, outside of tests. It returns a function that starts a service, which is stopped after the test. */
export function tServices(): (options?: TestServiceOptions) => Promise<TestService> {
  const undos: (() => Promise<void>)[] = [];
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterEach(async () => {
    for (const undo of undos.splice(0).reverse()) await undo();
  });
  afterAll(() => postgres.stop());

  return async ({ processes = 3, env = {}, appendonly = true, prepare, redisUser } = {}) => {
    const redis = await tRedis({ appendonly });
    undos.push(() => redis.stop());
    await prepare?.(redis);
    const databaseUrl = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    undos.push(() => client.end());
    const redisUrl = redisUser ? redis.url.replace('://', `://${redisUser}@`) : redis.url;
    const everyEnv = { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, ...env };
    const start = (_: unknown, index: number) =>
      tServerProcess({ ...everyEnv, DATABASE_URL: `${databaseUrl}?application_name=${processName(index)}` });
    const servers = await Promise.all(Array.from({ length: processes }, start));
    return {
      redis,
      databaseUrl,
      servers,
      env: everyEnv,
      query: async (text, values = []) => (await client.query(text, [...values])).rows as never,
    };
  };
}

/** The name that a process gives its connections to PostgreSQL; `index` is its index among the servers. */
export const processName = (index: number) => `process-${index}`;

/** The problems that a process has logged: warnings, errors, and lines that are not log lines. */
export function complaintsOf(server: ServerProcess, fromLevel = 50): string[] {
  return server.lines.filter((line) => {
    try {
      return (JSON.parse(line) as { level: number }).level >= fromLevel;
    } catch {
      return true;
    }
  });
}
