/** Proves the exchange for urql: every operation goes over the live client, with its tokens, over a connection that breaks. */
import { expect, test } from '@jest/globals';
import { Client } from '@urql/core';
import {
  DispatchesDocument,
  DispatchUpdatedDocument,
  OneDispatchDocument,
  UpdateDispatchStatusDocument,
} from '../../packages/live/src/generated/operations.ts';
import { liveExchange } from '../../packages/live/src/urql.ts';
import { tApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { Facts } from '../support/graphql-client.ts';
import { tLive } from '../support/live-client.ts';
import { assign, createDispatch } from '../support/operations.ts';

test('lists, changes and watches, and goes on after a break', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, () => app.token());
  const client = new Client({ url: '/graphql', preferGetMethod: false, exchanges: [liveExchange(live)] });
  const list = await client.query(DispatchesDocument, { limit: 5 }).toPromise();
  expect(list.data?.despachos).toMatchObject([{ id, version: 1 }]);
  const facts = new Facts();
  const versions: number[] = [];
  const watched = client.subscription(DispatchUpdatedDocument, { id }).subscribe(({ data }) => {
    if (data) versions.push(data.dispatchUpdated.dispatch.version);
    facts.changed();
  });
  await facts.until(() => versions.length === 1);
  wire.cut();
  await went('live', 'reconnecting');
  await assign(app, id);
  wire.mend();
  await facts.until(() => versions.length === 2);
  const moved = await client
    .mutation(UpdateDispatchStatusDocument, { id, estado: 'EN_CAMINO', expectedVersion: 2 })
    .toPromise();
  expect(moved.data?.updateDispatchStatus).toMatchObject({ version: 3 });
  await facts.until(() => versions.length === 3);
  expect(versions).toEqual([1, 2, 3]);
  const missing = await client.subscription(DispatchUpdatedDocument, { id: '999' }).toPromise();
  expect(missing.error?.graphQLErrors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
  const none = await client.query(OneDispatchDocument, { id: '999' }).toPromise();
  expect([none.data, none.error]).toEqual([{ dispatch: null }, undefined]);
  watched.unsubscribe();
});
