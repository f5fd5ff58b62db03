/** What subscribers see of a service in front of MS Despacho: every change, however it came about, and nothing twice. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  createDispatch,
  dispatchesUpdated,
  fromNow,
  dispatchUpdated,
  locationUpdated,
  move,
  report,
  type Update,
} from '../support/operations.ts';
import { changeElsewhere, createElsewhere, tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { until } from '../support/until.ts';

const brief = ({ changeType, actorId, dispatch: { id, estado, version } }: Update) =>
  `${id}.${version} ${changeType} ${estado} ${actorId}`;

async function tService(env: Record<string, string> = {}) {
  const standIn = await tMsDespacho();
  const app = await tApp({ MS_DESPACHO_URL: standIn.url, ...env });
  // What was there before the service first looked is stored without an event.
  const metrics = async () => (await fetch(`${app.url}/metrics`)).text();
  await until('it has looked once', async () => /^dispatch_polled_total\{.* [1-9]/m.test(await metrics()));
  const client = tClient(app.wsUrl, await app.token());
  return { standIn, app, client };
}

const notify = `mutation ($evento: String!, $id: ID!, $datos: JSON) {
  notifyDispatchEvent(evento: $evento, despachoId: $id, datos: $datos) }`;

describe('a change', () => {
  test('made directly in MS Despacho is on the screens by the poller alone', async () => {
    const { standIn, app, client } = await tService();
    const board = subscribe<Update>(client, dispatchesUpdated, await fromNow(app));
    const id = await createElsewhere(standIn);
    await board.until((events) => events.length === 1);
    const took: number[] = [];
    for (const [index, estado] of ['en_camino', 'en_sitio', 'completado'].entries()) {
      const before = Date.now();
      await changeElsewhere(standIn, id, estado);
      await board.until((events) => events.length === index + 2);
      took.push(Date.now() - before);
    }
    expect(board.events.map(brief)).toEqual([
      '1.1 CREATED ASIGNADO ms-despacho',
      '1.2 STATUS_CHANGED EN_CAMINO ms-despacho',
      '1.3 STATUS_CHANGED EN_SITIO ms-despacho',
      '1.4 STATUS_CHANGED COMPLETADO ms-despacho',
    ]);
    console.info(`made in MS Despacho, to the screen, by the poller alone: ${took.join(', ')} ms`);
  });

  test('made through us is on the screens at once, and once', async () => {
    // So rarely that the poller does not detect the changes first.
    const { standIn, app, client } = await tService({ MS_DESPACHO_POLL_MS: '60000' });
    const board = subscribe<Update>(client, dispatchesUpdated, await fromNow(app));
    const id = await createDispatch(app);
    await board.until((events) => events.length === 1);
    const took: number[] = [];
    for (const [index, estado] of ['EN_CAMINO', 'EN_SITIO', 'COMPLETADO'].entries()) {
      const answered = new Promise<number>((resolve) => {
        standIn.onChange = () => resolve(performance.now());
      });
      const moving = move(app, id, estado);
      const changedAt = await answered;
      await board.until((events) => events.length === index + 2);
      took.push(Math.round(performance.now() - changedAt));
      await moving;
    }
    expect(board.events.map(brief)).toEqual([
      '1.1 CREATED ASIGNADO ana',
      '1.2 STATUS_CHANGED EN_CAMINO ana',
      '1.3 STATUS_CHANGED EN_SITIO ana',
      '1.4 STATUS_CHANGED COMPLETADO ana',
    ]);
    console.info(`through us, from the change in MS Despacho to the screen: ${took.join(', ')} ms`);
  });

  test('that MS Despacho announces while it makes it, twice, is shown once', async () => {
    const { standIn, app, client } = await tService({ MS_DESPACHO_POLL_MS: '60000' });
    const service = await app.token({ sub: 'ms-despacho', role: 'system' });
    const board = subscribe<Update>(client, dispatchesUpdated, await fromNow(app));
    const id = await createDispatch(app);
    standIn.partialMs = 50;
    const posted: Promise<unknown>[] = [];
    standIn.onChange = ({ id: despachoId, estado }) => {
      const variables = {
        evento: 'despacho.estado.cambiado',
        id: despachoId,
        datos: { estado_nuevo: estado },
      };
      for (let time = 0; time < 2; time++) posted.push(app.ask(notify, variables, service));
    };
    await move(app, id, 'EN_CAMINO');
    await changeElsewhere(standIn, id, 'en_sitio');
    await board.until((events) => events.length === 3);
    await move(app, id, 'COMPLETADO');
    await board.until((events) => events.length === 4);
    expect(await Promise.all(posted)).toEqual(
      Array.from({ length: 6 }, () => ({ status: 200, data: { notifyDispatchEvent: true } })),
    );
    expect(board.events.map(brief)).toEqual([
      '1.1 CREATED ASIGNADO ana',
      '1.2 STATUS_CHANGED EN_CAMINO ana',
      '1.3 STATUS_CHANGED EN_SITIO ms-despacho',
      '1.4 STATUS_CHANGED COMPLETADO ana',
    ]);
  });

  test('is announced only by services, and only of dispatches', async () => {
    const { app } = await tService();
    const codes = async (variables: object, role: string) => {
      const token = await app.token({ role });
      const { errors } = await app.ask(notify, { evento: 'despacho.creado', id: '1', ...variables }, token);
      return errors?.[0]?.extensions['code'];
    };
    expect(await codes({}, 'dispatcher')).toBe('FORBIDDEN');
    expect(await codes({}, 'system')).toBeUndefined();
    expect(await codes({ id: 'uno' }, 'system')).toBe('BAD_USER_INPUT');
    expect(await codes({ evento: 'x'.repeat(65) }, 'system')).toBe('BAD_USER_INPUT');
  });
});

test('positions posted through us are shown at once, and those of ambulances that moved elsewhere soon', async () => {
  const { standIn, app, client } = await tService();
  const id = await createDispatch(app);
  const positions = subscribe<{ location: { latitud: number } | null }>(client, locationUpdated, { id });
  await positions.until((events) => events.length === 1);
  await report(app, id, 1);
  await positions.until((events) => events.length === 2);
  const { ambulancia } = standIn.model.despachos.get(1)!;
  // Dated by the second: it moves in the next.
  const second = Math.floor(Date.now() / 1_000);
  await until('the next second', () => Math.floor(Date.now() / 1_000) > second);
  standIn.model.move(ambulancia!, 2, 2);
  await positions.until((events) => events.length === 3);
  expect(positions.events.map(({ location }) => location?.latitud)).toEqual([undefined, 1, 2]);
});

test('a dispatch is watched from its state on, whoever changes it', async () => {
  const { standIn, app, client } = await tService();
  const id = await createElsewhere(standIn);
  const stream = subscribe<Update>(client, dispatchUpdated, { id });
  await stream.until((events) => events.length === 1);
  await move(app, id, 'EN_CAMINO');
  await changeElsewhere(standIn, id, 'en_sitio');
  await stream.until((events) => events.length === 3);
  expect(stream.events.map(({ changeType, dispatch }) => `${changeType} ${dispatch.version}`)).toEqual([
    'SNAPSHOT 1',
    'STATUS_CHANGED 2',
    'STATUS_CHANGED 3',
  ]);
});

test('a board of 100 with track, position and ambulance costs at most three calls', async () => {
  const { standIn, app } = await tService({ MS_DESPACHO_POLL_MS: '60000' });
  for (let count = 0; count < 100; count++) await createElsewhere(standIn);
  const board = `{ despachos(limit: 100) { id ambulancia { placa } ubicacionActual { latitud } rastreo { latitud }
    historial { changeType } } }`;
  await app.ask(board);
  // The poller reads pages of 200 and 25, whenever it likes.
  let calls = 0;
  standIn.trouble = ({ query }) => {
    if (!['200', '25'].includes(query.get('per_page') ?? '')) calls += 1;
    return undefined;
  };
  const { data } = await app.ask<{ despachos: unknown[] }>(board);
  console.info(`a board of 100 with track and ambulance: ${calls} call(s)`);
  expect(data!.despachos).toHaveLength(100);
  expect(calls).toBeGreaterThanOrEqual(1);
  expect(calls).toBeLessThanOrEqual(3);
});

test('when a client leaves, the call for its query is cancelled', async () => {
  const { standIn, app } = await tService({ MS_DESPACHO_POLL_MS: '60000' });
  const id = await createDispatch(app);
  standIn.trouble = () => ({ kind: 'slow', ms: Infinity });
  const abort = new AbortController();
  const before = standIn.calls.length;
  const asked = fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await app.token()}` },
    body: JSON.stringify({ query: `{ dispatch(id: "${id}") { estado } }` }),
    signal: abort.signal,
  }).catch(() => 'gone');
  await until('the call is made', () =>
    standIn.calls.slice(before).some((call) => call.endsWith(`/despachos/${id}`)),
  );
  abort.abort();
  expect(await asked).toBe('gone');
  await until('it is cancelled', async () => (await metrics(app.url)).includes('outcome="called off"'));
});

const metrics = async (url: string) => (await fetch(`${url}/metrics`)).text();
