/** Proves that what stands in for Apollo Router drops what its client does not read, as the router does: what it shows in the guide's table is no promise of its own. */
import { expect, test } from '@jest/globals';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { tApolloByCallback, tApolloByWebSocket, type ApolloOptions } from '../support/routers/ways/apollo.ts';

const heartbeatMs = 120_000;
const options: ApolloOptions = { env: {}, front: async ({ url }) => url, queueCapacity: 8 };

test.each([
  { way: 'WebSocket', begin: () => tApolloByWebSocket(options) },
  { way: 'HTTP callback', begin: () => tApolloByCallback(options, heartbeatMs) },
])('by $way the oldest past its capacity are dropped without a word', async ({ begin }) => {
  const { service, client } = await begin();
  const id = await createDispatch(service.client);
  const watch = async (sub: string) => {
    const by = client(await service.client.token({ sub }));
    const shown = subscribe<Update>(by, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    return { ...by, ...shown };
  };
  const [slow, quick] = [await watch('ana'), await watch('eva')];
  const isShown = (version: number) => (events: readonly Update[]) =>
    events.at(-1)!.dispatch.version === version;
  slow.pause();
  for (let version = 2; version <= 40; version += 1) await assign(service.client, id, `A-${version}`);
  await quick.until(isShown(40));
  slow.resume();
  await assign(service.client, id, 'A-41');
  await slow.until(isShown(41));
  const versions = slow.events.map(({ dispatch }) => dispatch.version);
  const [first, next] = versions as [number, number];
  expect(first).toBe(1);
  expect(next).toBeGreaterThan(2);
  expect(versions.slice(1)).toEqual(Array.from({ length: 42 - next }, (_, at) => next + at));
  expect(slow.failures).toEqual([]);
});
