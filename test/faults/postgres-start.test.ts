/** Proves what a process does about a PostgreSQL that is away, or is the wrong one, when it starts. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { freePort, tIdleProcess } from '../support/server-process.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';
import { until } from '../support/until.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

test('one that is away is waited for', async () => {
  await postgres.kill();
  const server = await tIdleProcess({ DATABASE_URL: postgres.url });
  const ready = server.start();
  await server.printed('cannot be reached yet, and is waited for');
  await postgres.restart();
  await ready;
  await createDispatch(server.client);
  expect(server.lines.filter((line) => line.includes('is waited for'))).toHaveLength(1);
});

test.each(['record_facts', 'cursor_keys'])(
  'one that goes away while %s is read at the start is waited for',
  async (table) => {
    const proxy = await tSqlProxy(await postgres.createDatabase());
    const held = proxy.holdAnswer(table);
    const server = await tIdleProcess({ DATABASE_URL: proxy.url });
    const ready = server.start();
    await until('the process reads what it needs for its start', () => held.isHeld);
    await postgres.kill();
    held.lose();
    await server.printed('is waited for');
    await postgres.restart();
    await ready;
    await createDispatch(server.client);
  },
);

test('a process that waits ends when it is told to', async () => {
  const server = await tIdleProcess({ DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/none` });
  const failed = server.start().catch((error: unknown) => error);
  await server.printed('is waited for');
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await failed).toBeInstanceOf(Error);
});

test.each([
  [
    'that has not the database',
    async () => postgres.url.replace(/postgres$/, 'none'),
    /none.{1,2} does not exist/,
  ],
  [
    'that lacks characters',
    () => postgres.createDatabase(`encoding 'LATIN1' template template0`),
    /has the encoding LATIN1.*encoding 'UTF8'/,
  ],
])('one %s ends the start, and the log says which setting it is', async (_what, findUrl, says) => {
  const server = await tIdleProcess({ DATABASE_URL: await findUrl() });
  await expect(server.start()).rejects.toThrow(/DATABASE_URL/);
  expect(await server.ended).toEqual({ code: 1, signal: null });
  expect(server.lines.join('\n')).toMatch(says);
});
