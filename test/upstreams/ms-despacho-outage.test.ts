/** What happens while MS Despacho is slow, away or talks nonsense: requests that need it fail alone, and its return is noticed. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchesUpdated, fromNow, type Update } from '../support/operations.ts';
import { changeElsewhere, tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { until } from '../support/until.ts';
import type { MsDespachoStandIn } from '../support/upstreams/ms-despacho.ts';
import type { Trouble } from '../support/upstreams/stand-in.ts';

interface Outage {
  readonly what: string;
  begin(standIn: MsDespachoStandIn): unknown;
  end(standIn: MsDespachoStandIn): unknown;
}

const whileIt = (what: string, trouble: (before: number) => Trouble | undefined): Outage => ({
  what,
  // Changes made elsewhere go on working: `changeElsewhere` is a PATCH.
  begin: (standIn) =>
    (standIn.trouble = ({ method }, before) => (method === 'GET' ? trouble(before) : undefined)),
  end: (standIn) => (standIn.trouble = () => undefined),
});

const outages: readonly Outage[] = [
  whileIt('is slow', () => ({ kind: 'slow', ms: Infinity })),
  { what: 'is down', begin: (standIn) => standIn.goDown(), end: (standIn) => standIn.comeBack() },
  whileIt('breaks connections', () => ({ kind: 'cut' })),
  whileIt('answers with HTML', () => ({ kind: 'html', status: 200 })),
  whileIt('answers with an HTML error', () => ({ kind: 'html', status: 500 })),
  whileIt('breaks off its answers', () => ({ kind: 'partial' })),
  whileIt('answers with the wrong types', () => ({ kind: 'changed', change: wrongTypes })),
  whileIt('answers with another shape', () => ({ kind: 'changed', change: () => [1, 2, 3] })),
  whileIt('answers with 10 MB', () => ({ kind: 'huge', bytes: 10 * 1024 * 1024 })),
];

function wrongTypes(body: unknown): unknown {
  const { data } = body as { data?: unknown };
  const wrong = { ubicacion_origen_lat: { norte: true }, fecha_solicitud: 42 };
  return Array.isArray(data)
    ? { ...(body as object), data: data.map((row) => ({ ...(row as object), ...wrong })) }
    : { ...(body as object), ...wrong };
}

const detailsToken = 'for-details';

async function tService() {
  const standIn = await tMsDespacho();
  const app = await tApp({
    MS_DESPACHO_URL: standIn.url,
    MS_DESPACHO_TIMEOUT_MS: '1000',
    HEALTH_DETAILS_TOKEN: detailsToken,
  });
  const client = tClient(app.wsUrl, await app.token());
  const board = subscribe<Update>(client, dispatchesUpdated, await fromNow(app));
  const id = await createDispatch(app);
  await board.until((events) => events.length === 1);
  return { standIn, app, board, id };
}

const codeOf = (answer: { errors?: readonly { extensions: Record<string, unknown> }[] }) =>
  answer.errors?.[0]?.extensions['code'];

describe.each(outages)('while MS Despacho $what', ({ what, begin, end }) => {
  test('its queries fail alone, streams stay open, and everything is current soon after', async () => {
    const { standIn, app, board, id } = await tService();
    await begin(standIn);
    const asked = await app.ask(`{ despachos { id } }`);
    expect(codeOf(asked)).toBe('UPSTREAM_UNAVAILABLE');
    expect(codeOf(await app.ask(`{ dispatch(id: "${id}") { id } }`))).toBe('UPSTREAM_UNAVAILABLE');
    expect(codeOf(await app.ask('{ channelHistory(channel: "general") { id } }'))).toBeUndefined();
    expect(codeOf(await app.ask('{ onlineUsers { id } connectionStats { connections } }'))).toBeUndefined();
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    expect(board.isComplete()).toBe(false);

    // What was changed meanwhile is shown once it is back.
    if (what !== 'is down') await changeElsewhere(standIn, id, 'en_camino');
    await end(standIn);
    const backAt = Date.now();
    if (what === 'is down') await changeElsewhere(standIn, id, 'en_camino');
    await board.until((events) => events.length === 2);
    const tookMs = Date.now() - backAt;
    console.info(`MS Despacho ${what}: current ${tookMs} ms after its return`);
    await until(
      'queries are answered again',
      async () => codeOf(await app.ask('{ despachos { id } }')) === undefined,
    );
    expect(board.events.map(({ changeType, dispatch }) => `${changeType} ${dispatch.version}`)).toEqual([
      'CREATED 1',
      'STATUS_CHANGED 2',
    ]);
    expect(board.failures).toEqual([]);
  });
});

test('MS Despacho that flaps is asked again, and its clients notice nothing', async () => {
  const { standIn, app } = await tService();
  let asked = 0;
  // Counts our own calls only: in between, the poller calls as well.
  standIn.trouble = ({ query }) =>
    query.get('per_page') === '50' && asked++ % 2 === 0 ? { kind: 'cut' } : undefined;
  for (let count = 0; count < 10; count++)
    expect(codeOf(await app.ask('{ despachos { id } }'))).toBeUndefined();
  expect(asked).toBe(20);
});

test('a change is never sent twice', async () => {
  const { standIn, app, id } = await tService();
  standIn.trouble = ({ method }) => (method === 'PATCH' ? { kind: 'partial' } : undefined);
  const mutation = `mutation { updateDispatchStatus(id: "${id}", estado: EN_CAMINO) { id } }`;
  expect(codeOf(await app.ask(mutation))).toBe('UPSTREAM_UNAVAILABLE');
  expect(standIn.calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(1);
});

test('an outage is seen in metrics and readiness, and calls are broken off until its end', async () => {
  const { standIn, app } = await tService();
  await standIn.goDown();
  const headers = { authorization: `Bearer ${detailsToken}` };
  const readiness = async () => {
    const response = await fetch(`${app.url}/health/ready`, { headers });
    return (await response.json()) as { status: string; upstreams: object };
  };
  expect(await readiness()).toMatchObject({ status: 'ready', upstreams: { msDespacho: 'closed' } });
  await until('the circuit opens', async () => {
    await app.ask('{ despachos { id } }');
    return (await app.metric('dispatch_upstream_circuit_open')) === 1;
  });
  expect(await readiness()).toMatchObject({
    status: 'ready',
    upstreams: { msDespacho: expect.stringMatching(/open/) },
  });
  await standIn.comeBack();
  await until('the circuit closes', async () => (await app.metric('dispatch_upstream_circuit_open')) === 0);
  expect(codeOf(await app.ask('{ despachos { id } }'))).toBeUndefined();
});
