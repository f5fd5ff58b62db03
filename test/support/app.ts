/** Starts a service inside the test, on a free port and with its database in memory unless the test says otherwise. */
import { afterEach } from '@jest/globals';
import { pino } from 'pino';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { createTestClient, type TestClient } from './test-client.ts';
import { createApp, type App, type Overrides } from '../../src/app.ts';

export interface RunningApp extends TestClient {
  readonly app: App;
  readonly config: Config;
  readonly url: string;
  readonly wsUrl: string;
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
export async function tApp(env: Record<string, string> = {}, overrides: Overrides = {}): Promise<RunningApp> {
  const config = parseConfig({ ...testEnvironment, ...env });
  const app = createApp(config, { log: pino({ level: 'silent' }), ...overrides });
  const { url } = await app.start();
  const fixture: RunningApp = {
    app,
    config,
    url,
    wsUrl: `${url.replace('http', 'ws')}/graphql`,
    ...createTestClient(url, config, undefined, overrides.clock),
    async close() {
      running.delete(fixture);
      await app.close();
    },
  };
  running.add(fixture);
  return fixture;
}
