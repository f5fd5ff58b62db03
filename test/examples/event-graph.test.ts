/** Proves that gateways which read brokers are told of changes through Redis, by an event graph, and what they are not told. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { RedisPubSub } from '@graphql-hive/pubsub/redis';
import http from '@graphql-mesh/transport-http';
import { afterEach, expect, test } from '@jest/globals';
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import { parse } from 'graphql';
import { pino } from 'pino';
import { channelPrefix, startEventRelay } from '../../examples/event-graph/relay.ts';
import { compose } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEventClient } from '../support/event-stream.ts';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const project = resolve(import.meta.dirname, '../..');
const example = (name: string) => readFileSync(resolve(project, 'examples/event-graph', name), 'utf8');
const subgraphs = readSupergraph(project, 'supergraph.yaml');

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

async function tRelayed(): Promise<{ readonly app: RunningApp; readonly redis: TestRedis }> {
  const redis = await tRedis();
  undos.push(() => redis.stop());
  const app = await tApp({ REDIS_URL: redis.url });
  undos.push(() => app.close());
  const relay = await startEventRelay(app.config, pino({ level: 'silent' }));
  undos.push(() => relay.close());
  return { app, redis };
}

const channelsOf = (redis: TestRedis) => redis.client.pubsub('CHANNELS', `${channelPrefix}:*`);

/** The address of a Hive Gateway in front of the service that reads its events from Redis. */
async function tEventGateway(app: RunningApp, redis: TestRedis): Promise<string> {
  const urls: Record<string, string> = { websocket: `${app.url}/graphql` };
  const { supergraphSdl } = compose(subgraphs.map((one) => ({ ...one, url: urls[one.name] ?? one.url })));
  const [pub, sub] = [redis.client.duplicate(), redis.client.duplicate()];
  const gateway = createGatewayRuntime({
    ...{ supergraph: supergraphSdl!, additionalTypeDefs: example('hive-gateway.graphql') },
    ...{ transports: { http }, logging: false },
    // The types are those of an older ioredis.
    pubsub: new RedisPubSub({ pub, sub }, { channelPrefix }),
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? '' }),
    },
  });
  const server = createServer((request, response) => void gateway(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    server.closeAllConnections();
    await gateway[Symbol.asyncDispose]();
    for (const client of [pub, sub]) client.disconnect();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the event graph composes for Cosmo beside this service and its neighbours', () => {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) }));
  const events = { name: 'dispatch-events', url: '', definitions: parse(example('cosmo.graphql')) };
  const result = federateSubgraphs({
    subgraphs: [...services, events],
    version: ROUTER_COMPATIBILITY_VERSION_ONE,
  });
  if (!result.success) throw new AggregateError(result.errors, result.errors.join());
  const configuration = result.subgraphConfigBySubgraphName.get(events.name)!.configurationDataByTypeName;
  const told = { providerId: 'dispatch', providerType: 'redis', type: 'subscribe' };
  expect(configuration.get('Subscription')!.events).toEqual([
    { ...told, fieldName: 'dispatchTouched', channels: [`${channelPrefix}:dispatch:{{ args.id }}`] },
    { ...told, fieldName: 'dispatchesTouched', channels: [`${channelPrefix}:dispatches`] },
  ]);
  const { keys } = configuration.get('Dispatch')!;
  expect(keys).toEqual([expect.objectContaining({ selectionSet: 'id', disableEntityResolver: true })]);
});

test('what the relay publishes is what such gateways read: a reference, by board and by dispatch, and no state', async () => {
  const { app, redis } = await tRelayed();
  const heard: string[] = [];
  const listener = redis.client.duplicate();
  undos.push(() => Promise.resolve(listener.disconnect()));
  listener.on('pmessage', (_pattern: string, channel: string, message: string) =>
    heard.push(`${channel} ${message}`),
  );
  await listener.psubscribe(`${channelPrefix}:*`);
  const id = await createDispatch(app);
  await app.ask('mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id });
  await assign(app, id);
  const reference = `{"__typename":"Dispatch","id":"${id}"}`;
  await until('both changes are told', () => heard.length >= 4, 60_000);
  expect(heard.toSorted()).toEqual(
    [`dispatch:${id}`, `dispatch:${id}`, 'dispatches', 'dispatches'].map(
      (channel) => `${channelPrefix}:${channel} ${reference}`,
    ),
  );
});

test('through Hive Gateway a change is shown with the state that the viewer may see, and nothing from before', async () => {
  const { app, redis } = await tRelayed();
  const url = await tEventGateway(app, redis);
  const id = await createDispatch(app);
  const query = 'subscription ($id: ID!) { dispatchTouched(id: $id) { id estado ambulancia { id } } }';
  const watch = async (token: string) => subscribe(tEventClient(url, token), query, { id });
  const shown = await watch(await app.token());
  const refused = await watch(await app.token({ sub: 'nobody', permissions: [] }));
  const isLive = async () => (await channelsOf(redis)).length === 1;
  await until('the gateway listens', isLive, 60_000);
  await assign(app, id);
  await shown.until((events) => events.length > 0);
  expect(shown.events).toEqual([{ id, estado: 'ASIGNADO', ambulancia: { id: 'A-1' } }]);
  // That something has happened to it is told to everybody: the channel asks nobody who they are.
  await refused.until(() => refused.events.length > 0 || refused.failures.length > 0);
  expect(JSON.stringify(refused.events)).not.toContain('ASIGNADO');
  expect(refused.failures).not.toEqual([]);
});
