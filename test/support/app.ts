/** Owns a running service for tests: on a free port, with its record in memory unless the test says otherwise. */
import { afterEach } from '@jest/globals';
import { pino } from 'pino';
import { createApp, type App } from '../../src/app.ts';
import { issueToken, type TokenClaims } from '../../src/auth/issue-token.ts';
import { parseConfig, type Config } from '../../src/config.ts';
import { systemClock } from '../../src/lib/clock.ts';

export interface GraphQLAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

export interface RunningApp {
  readonly app: App;
  readonly config: Config;
  readonly url: string;
  readonly wsUrl: string;
  token(claims?: Partial<TokenClaims>): Promise<string>;
  /** Asks over HTTP, as a dispatcher unless a token is given. */
  ask<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    token?: string,
  ): Promise<GraphQLAnswer<T>>;
  /** The value of a metric, all its labels together; 0 when it was never touched. */
  metric(name: string): Promise<number>;
  close(): Promise<void>;
}

const running = new Set<RunningApp>();

afterEach(async () => {
  await Promise.all([...running].map((app) => app.close()));
});

const testEnvironment = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: ':memory:',
  RATE_LIMIT_SCALE: '0',
  SHUTDOWN_DRAIN_MS: '0',
};

/** Starts the service; it is closed after the test. `env` is added to the environment that tests run with. */
export async function tApp(env: Record<string, string> = {}): Promise<RunningApp> {
  const config = parseConfig({ ...testEnvironment, ...env });
  const app = createApp(config, { log: pino({ level: 'silent' }) });
  const { url } = await app.start();
  const token = (claims: Partial<TokenClaims> = {}) =>
    issueToken(
      config,
      { sub: 'ana', role: 'dispatcher', ...claims },
      { ttlMs: 3_600_000, clock: systemClock },
    );
  const fixture: RunningApp = {
    app,
    config,
    url,
    wsUrl: `${url.replace('http', 'ws')}/graphql`,
    token,
    async ask(query, variables = {}, given) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${given ?? (await token())}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text
        .split('\n')
        .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
    async close() {
      running.delete(fixture);
      await app.close();
    },
  };
  running.add(fixture);
  return fixture;
}
