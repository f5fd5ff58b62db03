/** What cursors are signed with: what is configured, if it is good, else what all processes can know. */
import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';

const good = 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
const production = { NODE_ENV: 'production', JWT_SECRET: good };

const secretsOf = (env: Record<string, string>) =>
  parseConfig(env).secrets.cursorSecrets.map((secret) => secret.reveal());

test('the secret of now signs, and the one before it verifies', () => {
  expect(secretsOf({ CURSOR_SECRET: 'a', CURSOR_SECRET_PREVIOUS: 'b' })).toEqual(['a', 'b']);
  expect(secretsOf({ ...production, CURSOR_SECRET: good })).toEqual([good]);
});

test('the database keeps one where none is set, and all processes have that database', () => {
  expect(secretsOf({})).toEqual([]);
  expect(secretsOf({ REDIS_URL: 'redis://h', DATABASE_URL: 'postgres://h/d' })).toEqual([]);
  // Processes that share Redis alone have none in which to keep it.
  expect(secretsOf({ REDIS_URL: 'redis://h' })).toHaveLength(1);
});

test('production refuses weak ones, and nobody has one before none', () => {
  const weak = { CURSOR_SECRET: 'secret', CURSOR_SECRET_PREVIOUS: 'change-me-change-me-change-me-change-me' };
  expect(() => parseConfig({ ...production, ...weak })).toThrow(
    /CURSOR_SECRET is easily guessed[^]*CURSOR_SECRET_PREVIOUS is easily guessed/,
  );
  expect(secretsOf(weak)).toHaveLength(2);
  expect(() => parseConfig({ CURSOR_SECRET_PREVIOUS: 'b' })).toThrow(
    'CURSOR_SECRET_PREVIOUS stands without CURSOR_SECRET',
  );
});
