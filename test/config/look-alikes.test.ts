/** Proves that what somebody wrote and nobody would read is refused, or told. */
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { problemsOf } from '../support/config-problems.ts';

const production = { NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' };

describe('what somebody wrote and nobody would read', () => {
  test.each([
    [{ 'NODE_ENV ': 'production' }, '"NODE_ENV " has characters that cannot be seen, and is not read'],
    [{ '\uFEFFJWT_SECRET': 'x' }, '"\uFEFFJWT_SECRET" has characters that cannot be seen, and is not read'],
    [{ node_env: 'production' }, 'node_env is not a variable of this service'],
    [{ NODE_EVN: 'production' }, 'NODE_EVN is not a variable of this service'],
    [{ DATA_DIR: '"/data"' }, 'DATA_DIR has quotes around its value, as docker --env-file keeps them'],
    [{ NODE_ENV: "'production'" }, 'NODE_ENV has quotes around its value, as docker --env-file keeps them'],
  ] as [Record<string, string>, string][])('refuses %j', (env, problem) => {
    expect(problemsOf(env)).toContain(problem);
  });

  test('refuses a slip of NODE_ENV only where it is not set itself', () => {
    expect(problemsOf({ NODE_ENV: 'test', node_env: 'production' })).toEqual([]);
  });

  test('warns of quotes around a secret, which may have been agreed on with them', () => {
    const { warnings, secrets } = parseConfig({ NODE_ENV: 'test', JWT_SECRET: `"${production.JWT_SECRET}"` });
    expect(warnings).toEqual([expect.stringMatching(/^JWT_SECRET has quotes around its value/)]);
    expect(secrets.jwtSecret?.reveal()).toBe(`"${production.JWT_SECRET}"`);
  });

  test('refuses a file of authorities in which there is no certificate', () => {
    const env = { REDIS_URL: 'rediss://redis', REDIS_CA_FILE: import.meta.filename };
    expect(problemsOf(env)).toEqual(['REDIS_CA_FILE names a file without a certificate']);
  });
});
