/** Proves that one trace leads from a router through a change to the sockets of every process, and that nothing of it is loaded where it is off. */
import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tMsAuth } from '../support/ms-despacho-repositories.ts';
import { createDispatch, dispatchesUpdated, fromNow, type Update } from '../support/operations.ts';
import { tOtlpReceiver, treeOf, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { tServices } from '../support/service.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import type { StandInRequest } from '../support/upstreams/stand-in.ts';
import { startMsDespacho } from '../support/upstreams/ms-despacho.ts';
import { until } from '../support/until.ts';

const tService = tServices();

const tracedTo = ({ url }: OtlpReceiver) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  OTEL_METRIC_EXPORT_INTERVAL: '200',
});

/** What a router sends with the part of an operation that it asks of a subgraph. */
function asRouter(isSampled = true) {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}` };
}

async function send({ url, client }: ServerProcess, query: string, traceparent: string, token?: string) {
  const authorization = `Bearer ${token ?? (await client.token())}`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, traceparent },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as { readonly data?: unknown; readonly errors?: unknown };
}

/** A board that is live: what it is shown from the log, because it came late, nobody executes anew for it, and no trace leads to it. */
async function watch({ wsUrl, client }: ServerProcess) {
  const board = tClient(wsUrl, await client.token());
  const query = `subscription Board${dispatchesUpdated.slice('subscription'.length)}`;
  const watched = subscribe<Update>(board, query, await fromNow(client));
  await until('the board is live', async () => (await client.metric('dispatch_subscriptions')) === 1);
  return watched;
}

test('from a router through MS Despacho, the transaction, the relay and Redis to the boards of two processes', async () => {
  const receiver = await tOtlpReceiver();
  const despacho = await startMsDespacho();
  const asked: StandInRequest[] = [];
  despacho.trouble = (request) => {
    asked.push(request);
    return undefined;
  };
  try {
    const env = { ...tracedTo(receiver), MS_DESPACHO_URL: despacho.url, LOG_LEVEL: 'info' };
    const { servers } = await tService({ processes: 2, env });
    const [a, b] = servers as [ServerProcess, ServerProcess];
    const id = await createDispatch(a.client);
    const boards = await Promise.all([watch(a), watch(b)]);
    const router = asRouter();
    const query = `mutation Cancel { updateDispatchStatus(id: "${id}", estado: CANCELADO) { id } }`;
    expect((await send(a, query, router.traceparent)).errors).toBeUndefined();
    for (const board of boards)
      await board.until((events) => events.some(({ dispatch }) => dispatch.estado === 'CANCELADO'));

    const own = () => receiver.spans.filter(({ traceId }) => traceId === router.traceId);
    await until(
      'both processes have sent their parts',
      () => own().filter(({ name }) => name === 'write to sockets').length === 2,
      60_000,
    );
    const tree = treeOf(own(), router.spanId);
    console.info(`router\n${tree.replaceAll(/^/gm, '  ')}`);
    const event = '      graphql.subscription.event\n        write to sockets\n';
    expect(tree).toContain(`  transaction\n    send dispatch\n${event}${event}`);
    expect(tree).toMatch(/^mutation Cancel\n/);
    expect(tree).toMatch(/^ {2}PATCH$/m);
    // Nothing hangs in the air.
    expect(tree.trim().split('\n')).toHaveLength(own().length);
    const executions = own().filter(({ name }) => name === 'graphql.subscription.event');
    expect(new Set(executions.map(({ instance }) => instance)).size).toBe(2);
    expect(executions[0]!.attributes).toMatchObject({
      'graphql.operation.name': 'Board',
      'messaging.destination.name': 'dispatches',
    });
    expect(own().filter(({ failed }) => failed)).toEqual([]);
    const patch = asked.find(({ method }) => method === 'PATCH')!;
    const call = own().find(({ name }) => name === 'PATCH')!;
    expect(patch.traceparent).toBe(`00-${router.traceId}-${call.spanId}-01`);

    const line = a.lines.find((one) => one.includes('"operation":"Cancel"'))!;
    expect(JSON.parse(line)).toMatchObject({ traceId: router.traceId });
    const metrics = await fetch(`${a.url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('application/openmetrics-text');
    expect(await metrics.text()).toMatch(
      new RegExp(`dispatch_publish_to_socket_seconds_bucket.+# {trace_id="${router.traceId}"}`),
    );
    const gauge = 'graphql.server.subscription.active';
    await until('metrics are sent', () => receiver.metrics.has(gauge), 60_000);
    expect(receiver.metrics).toContain('dispatch_publish_to_socket_seconds');
  } finally {
    await despacho.close();
  }
}, 240_000);

test('from a router to MS Auth: who shows a token, and who a user is', async () => {
  const receiver = await tOtlpReceiver();
  const auth = await tMsAuth();
  const asked: (string | null)[] = [];
  auth.trouble = ({ traceparent }) => {
    asked.push(traceparent);
    return undefined;
  };
  const server = await tServerProcess({ ...tracedTo(receiver), MS_AUTH_URL: auth.url });
  const token = auth.login(auth.addUser(['admin'], 'Ana'));
  const other = auth.addUser(['dispatcher'], 'Luis');
  const router = asRouter();
  const query = `query Who { user(id: "${other.id}") { name } }`;
  expect(await send(server, query, router.traceparent, token)).toEqual({ data: { user: { name: 'Luis' } } });
  const own = () => receiver.spans.filter(({ traceId }) => traceId === router.traceId);
  await until('it is told', () => own().some(({ name }) => name === 'query Who'), 60_000);
  // The token is verified before anything is known of the operation.
  expect(treeOf(own(), router.spanId)).toMatch(/^(POST\n)+query Who\n( {2}POST\n)+$/);
  const calls = own().filter(({ name }) => name === 'POST');
  const named = calls.map(({ spanId }) => `00-${router.traceId}-${spanId}-01`);
  expect(named.toSorted()).toEqual(asked.toSorted());
}, 240_000);

test('from an operation over a WebSocket that says what it is a part of', async () => {
  const receiver = await tOtlpReceiver();
  const server = await tServerProcess(tracedTo(receiver));
  const board = await watch(server);
  const socket = tClient(server.wsUrl, await server.client.token());
  const { traceparent, traceId, spanId } = asRouter();
  const query = 'mutation Told { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }';
  const { value } = await socket.iterate({ query, extensions: { traceparent } }).next();
  expect(value).toEqual({ data: { createDispatch: { id: '1' } } });
  await board.until((events) => events.length === 1);
  const own = () => receiver.spans.filter((span) => span.traceId === traceId);
  await until('it is told', () => own().some(({ name }) => name === 'write to sockets'), 60_000);
  expect(treeOf(own(), spanId)).toMatch(/^mutation Told\n {2}transaction\n {4}send dispatch\n {6}graphql/);
}, 240_000);

test('what its sender does not record is not recorded, and a token or a text never is', async () => {
  const receiver = await tOtlpReceiver();
  const server = await tServerProcess(tracedTo(receiver));
  const board = await watch(server);
  const unsampled = asRouter(false);
  const create =
    'mutation Quiet { createDispatch(input: { origen: { latitud: 1, longitud: 2, direccion: "a secret place" } }) { id } }';
  await send(server, create, unsampled.traceparent);
  const sampled = asRouter();
  await send(server, create.replace('Quiet', 'Told'), sampled.traceparent);
  await board.until((events) => events.length === 2);
  await until(
    'it is told',
    () =>
      receiver.spans.some(({ name, traceId }) => name === 'write to sockets' && traceId === sampled.traceId),
    60_000,
  );
  expect(receiver.spans.filter(({ traceId }) => traceId === unsampled.traceId)).toEqual([]);
  expect(receiver.spans.filter(({ name }) => name === 'mutation Quiet')).toEqual([]);
  expect(JSON.stringify(receiver.spans)).not.toContain('secret place');
  // What traces an event is no part of what has happened.
  const { data } = await server.client.ask('{ events(limit: 5) { data } }');
  expect(JSON.stringify(data)).toContain('CREATED');
  expect(JSON.stringify(data)).not.toContain('traceparent');
}, 240_000);

test('a receiver that is away changes nothing, and is said once', async () => {
  const server = await tServerProcess({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '100',
  });
  expect(await createDispatch(server.client)).toBe('1');
  await server.printed('OpenTelemetry reports a problem');
  expect(await createDispatch(server.client)).toBe('2');
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}, 240_000);

test('where it is off none of its code is loaded', async () => {
  const spied = { nodeFlags: ['--import', new URL('../support/loaded-packages.ts', import.meta.url).href] };
  const loaded = async (env: Record<string, string>) => {
    const server = await tServerProcess({ ...env, LOG_LEVEL: 'info' }, spied);
    await createDispatch(server.client);
    await server.kill('SIGTERM');
    // prom-client has its API, which does nothing by itself.
    return server.lines.filter((line) => /@opentelemetry\/(?!api\/)/.test(line));
  };
  expect(await loaded({})).toEqual([]);
  expect(
    await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }),
  ).toEqual([]);
  expect((await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).length).toBeGreaterThan(0);
}, 240_000);
