/** Proves the exchange for urql: every operation goes over the live client, with its tokens, over a connection that breaks. */
import { expect, test } from '@jest/globals';
import { cacheExchange, Client } from '@urql/core';
import {
  DispatchesDocument,
  DispatchUpdatedDocument,
  OneDispatchDocument,
  UpdateDispatchStatusDocument,
} from '../../packages/live/src/generated/operations.ts';
import type { LiveClient } from '../../packages/live/src/index.ts';
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

test('an answer that was on its way for long does not take the place of what an event has shown since', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { live } = tLive(app.url, () => app.token());
  const [asked, shown] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let answers = 0;
  /** Its first answer arrives late. */
  const slow: Pick<LiveClient, 'request' | 'subscribe'> = {
    subscribe: live.subscribe.bind(live),
    async request(operation, variables) {
      const answer = await live.request(operation, variables);
      answers += 1;
      if (answers > 1) return answer;
      asked.resolve();
      await shown.promise;
      return answer;
    },
  };
  const exchanges = [cacheExchange, liveExchange(slow)];
  const client = new Client({ url: '/graphql', preferGetMethod: false, exchanges });
  const facts = new Facts();
  const versions: number[] = [];
  const watched = client.subscription(DispatchUpdatedDocument, { id }).subscribe(({ data }) => {
    if (data) versions.push(data.dispatchUpdated.dispatch.version);
    facts.changed();
  });
  await facts.until(() => versions.length === 1);
  const read = client.query(OneDispatchDocument, { id }).toPromise();
  await asked.promise;
  await assign(app, id);
  await facts.until(() => versions.includes(2));
  shown.resolve();
  expect((await read).data?.dispatch).toMatchObject({ version: 2 });
  expect(answers).toBe(2);
  watched.unsubscribe();
});
