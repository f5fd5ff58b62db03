/** Proves that whoever may not see something is refused before it is read, and before a stream is opened for them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

async function tRefused() {
  const sql = await tSqlProxy(await postgres.createDatabase());
  const app = await tApp({ DATABASE_URL: sql.url, MESSAGE_PERMISSIONS: 'explicit' });
  const id = await createDispatch(app);
  const token = await app.token({ sub: 'nobody', permissions: [] });
  // Who is asking is remembered at their first request.
  await app.ask('{ __typename }', {}, token);
  sql.forget();
  return { sql, app, id, token };
}

test.each([
  ['dispatches', '{ despachos { id historial { actorId } } }'],
  ['dispatches', '{ dispatch(id: 1) { id } }'],
  ['dispatches', '{ _entities(representations: [{ __typename: "Dispatch", id: "1" }]) { __typename } }'],
  ['dispatches', 'mutation { updateDispatchStatus(id: 1, estado: CANCELADO) { id } }'],
  ['messages', '{ channelHistory(channel: "sala") { id } }'],
  ['users', '{ onlineUsers { id } user(id: "ana") { id } }'],
  ['events', '{ events { id } }'],
])('nothing is read from %s for a viewer who may not: %s', async (table, query) => {
  const { sql, app, token } = await tRefused();
  const { errors } = await app.ask(query, {}, token);
  expect(errors!.map(({ extensions }) => extensions['code'])).toContain('FORBIDDEN');
  expect(sql.count(`from "${table}"`)).toBe(0);
  // The same table is read for whoever may.
  await app.ask(query, {}, await app.token({ sub: 'root', role: 'admin' }));
  if (table !== 'users') expect(sql.count(`from "${table}"`)).toBeGreaterThan(0);
});

test('no topic is followed and nothing is read for a stream that is refused', async () => {
  const { sql, app, id, token } = await tRefused();
  const socket = await tAcknowledgedSocket(app.wsUrl, token);
  sql.forget();
  const query = `subscription { dispatchUpdated(id: ${id}) { timestamp dispatch { id } } }`;
  socket.send({ id: 'a', type: 'subscribe', payload: { query } });
  expect(await socket.message('error', 'a')).toMatchObject({
    payload: [{ extensions: { code: 'FORBIDDEN' } }],
  });
  expect(sql.count('from "dispatches"')).toBe(0);
  expect(await app.metric('dispatch_topics_followed')).toBe(0);
});
