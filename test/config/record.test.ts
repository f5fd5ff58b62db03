/** What the configuration of the record promises: several hosts of a PostgreSQL, and bounds. */
import { expect, test } from '@jest/globals';
import { ConfigError, parseConfig } from '../../src/config/config.ts';

test.each([
  [{ DATABASE_URL: 'postgres://a:1,b:port/db' }, 'DATABASE_URL is not such a URL'],
  [{ DATABASE_URL: 'postgres://a,/db' }, 'DATABASE_URL names an empty host'],
  [
    { DATABASE_URL: 'postgres://a,b/db?target_session_attrs=prefer-standby' },
    'DATABASE_URL has target_session_attrs for a server that accepts no writes',
  ],
  [{ DATABASE_MAX_CONNECTIONS: '1' }, 'DATABASE_MAX_CONNECTIONS is "1"'],
  [{ LOCATION_RETENTION_DAYS: '0' }, 'LOCATION_RETENTION_DAYS is "0"'],
])('%j is refused', (env, problem) => {
  expect(() => parseConfig(env as Record<string, string>)).toThrow(ConfigError);
  expect(() => parseConfig(env as Record<string, string>)).toThrow(problem);
});

test('several hosts are shown without what is secret', () => {
  const url = 'postgres://me:hush@one:5432,two:5433/db?target_session_attrs=read-write';
  const { record } = parseConfig({ DATABASE_URL: url });
  expect(record).toMatchObject({
    kind: 'postgres',
    server: 'postgres://one:5432,two:5433/db',
    maxConnections: 8,
  });
  expect(record.kind === 'postgres' && record.url.reveal()).toBe(url);
});
