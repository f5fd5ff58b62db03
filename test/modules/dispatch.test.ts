/** What clients are promised of dispatches: to read, list and change them. */
import { describe, expect, test } from '@jest/globals';
import { allowedNext } from '../../src/modules/dispatch/status.ts';
import { assignedBy, dispatcher, firstEstado, origen, tDispatches } from '../support/dispatches.ts';
import { ofOurOwnRecord } from '../support/set-up.ts';
import { codeOf } from '../support/subgraph.ts';

const destino = { latitud: -17.7712, longitud: -63.1952, direccion: null };

describe('a new dispatch', () => {
  const everything = `id estado prioridad incidente origen { latitud longitud direccion } destino { direccion }
    ambulancia { id } observaciones distanciaKm tiempoEstimadoMin tiempoRealMin fechaSolicitud fechaAsignacion
    fechaLlegada fechaFinalizacion fechaActualizacion version ubicacionActual { latitud } rastreo { latitud }
    historial { cursor changeType previousEstado actorId timestamp dispatch { id } }`;

  ofOurOwnRecord('MS Despacho assigns an ambulance at once, and measures the way to the origin')(
    'is PENDIENTE, and everything about it can be read',
    async () => {
      const { create, data, clock } = await tDispatches();
      const id = await create({
        destino,
        prioridad: 'ALTA',
        incidente: 'TRASLADO',
        observaciones: 'silla de ruedas',
      });
      const at = new Date(clock.now()).toISOString();
      const { dispatch } = await data(
        dispatcher,
        `query ($id: ID!) { dispatch(id: $id) { ${everything} } }`,
        {
          id,
        },
      );
      expect(dispatch).toEqual({
        id,
        estado: 'PENDIENTE',
        prioridad: 'ALTA',
        incidente: 'TRASLADO',
        origen,
        destino: { direccion: null },
        ambulancia: null,
        observaciones: 'silla de ruedas',
        distanciaKm: 1.93,
        tiempoEstimadoMin: 3,
        tiempoRealMin: null,
        fechaSolicitud: at,
        fechaAsignacion: null,
        fechaLlegada: null,
        fechaFinalizacion: null,
        fechaActualizacion: at,
        version: 1,
        ubicacionActual: null,
        rastreo: [],
        historial: [
          {
            cursor: null,
            changeType: 'CREATED',
            previousEstado: null,
            actorId: 'ana',
            timestamp: at,
            dispatch: { id },
          },
        ],
      });
    },
  );

  test('takes an explicit null where there is a default', async () => {
    const { create, data } = await tDispatches();
    const id = await create({ prioridad: null, incidente: null, destino: null, observaciones: null });
    const { dispatch } = await data(
      dispatcher,
      `{ dispatch(id: ${id}) { prioridad incidente distanciaKm } }`,
    );
    expect(dispatch).toEqual({ prioridad: 'MEDIA', incidente: 'EMERGENCIA_MEDICA', distanciaKm: null });
  });

  test.each([
    [{ origen: { ...origen, latitud: 90.1 } }, 'input.origen.latitud must be from -90 to 90, and is 90.1.'],
    [
      { origen: { ...origen, longitud: -181 } },
      'input.origen.longitud must be from -180 to 180, and is -181.',
    ],
    [{ destino: { ...destino, latitud: -91 } }, 'input.destino.latitud must be from -90 to 90, and is -91.'],
    [
      { destino: { ...destino, direccion: 'x'.repeat(256) } },
      'input.destino.direccion must have at most 255 characters, and has 256.',
    ],
    [
      { observaciones: 'ñ'.repeat(2001) },
      'input.observaciones must have at most 2000 characters, and has 2001.',
    ],
  ])('is refused with the name of the field that is wrong', async (input, message) => {
    const { ask, dispatches } = await tDispatches();
    const mutation = 'mutation ($input: CreateDispatchInput!) { createDispatch(input: $input) { id } }';
    const result = await ask(dispatcher, mutation, { input: { origen, ...input } });
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toBe(message);
    expect(result.errors![0]!.extensions.field).toBe(message.split(' ')[0]);
    expect(await dispatches.list({ estado: null, prioridad: null }, 1, 0)).toEqual([]);
  });

  test('may be described in any script: a character counts once', async () => {
    const { create } = await tDispatches();
    expect(await create({ observaciones: '🚑'.repeat(2000) })).toBe('1');
  });

  test('is not taken at infinity, which a literal can name', async () => {
    const { ask } = await tDispatches();
    const result = await ask(
      dispatcher,
      'mutation { createDispatch(input: {origen: {latitud: 1e999, longitud: 0}}) { id } }',
    );
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
  });
});

describe('a change', () => {
  test('that is not possible says what is possible', async () => {
    const { create, assign, move, ask } = await tDispatches();
    const id = await create();
    const tooEarly = await move(id, 'EN_SITIO');
    expect(tooEarly.errors![0]!.extensions).toEqual({
      code: 'INVALID_TRANSITION',
      allowed: allowedNext(firstEstado()),
    });
    expect(codeOf(await move('999', 'CANCELADO'))).toBe('NOT_FOUND');
    expect(codeOf(await assign('not-a-number'))).toBe('NOT_FOUND');
    const stale = await ask(
      dispatcher,
      `mutation { updateDispatchStatus(id: ${id}, estado: CANCELADO, expectedVersion: 7) { id } }`,
    );
    expect(stale.errors![0]!.extensions).toEqual({ code: 'CONFLICT', version: 1 });
  });

  test.each([
    [{ a: 'x'.repeat(65) }, /^ambulanciaId must be 1 to 64 characters/],
    [{ a: '' }, /^ambulanciaId must be 1 to 64 characters/],
    [{ a: 'A 1' }, /^ambulanciaId must be 1 to 64 characters/],
    [{ a: 'A1', p: '1234-ABCDEFGHIJKL' }, /^placa must have at most 16 characters, and has 17/],
  ])('of the ambulance checks what it is called: %j', async (variables, message) => {
    const { create, ask } = await tDispatches();
    const id = await create();
    const mutation =
      'mutation ($id: ID!, $a: ID!, $p: String) { assignDispatch(id: $id, ambulanciaId: $a, placa: $p) { id } }';
    const result = await ask(dispatcher, mutation, { id, ...variables });
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toMatch(message);
  });
});

describe('lists', () => {
  test('are filtered and paged, the most recently requested first', async () => {
    const { create, assign, move, data, clock } = await tDispatches();
    for (const prioridad of ['ALTA', 'BAJA', 'ALTA']) {
      await create({ prioridad });
      await clock.advance(1_000);
    }
    await assign('1');
    await move('1', 'EN_CAMINO');
    const ids = async (args: string) => {
      const { despachos } = await data(dispatcher, `{ despachos${args} { id } }`);
      return (despachos as { id: string }[]).map(({ id }) => id).join(' ');
    };
    expect(await ids('')).toBe('3 2 1');
    expect(await ids('(estado: null, prioridad: null, limit: null, offset: null)')).toBe('3 2 1');
    expect(await ids('(prioridad: ALTA)')).toBe('3 1');
    expect(await ids('(prioridad: ALTA, estado: EN_CAMINO)')).toBe('1');
    expect(await ids('(limit: 1, offset: 1)')).toBe('2');
  });

  test.each([
    ['despachos(limit: 0) { id }', 'limit must be from 1 to 500, and is 0.'],
    ['despachos(limit: 501) { id }', 'limit must be from 1 to 500, and is 501.'],
    ['despachos(offset: -1) { id }', 'offset must be from 0 to 100000, and is -1.'],
    ['events(limit: -5) { id }', 'limit must be from 1 to 500, and is -5.'],
    ['events(before: "last") { id }', 'before must be the id of an entry.'],
    ['dispatch(id: 1) { rastreo(limit: 501) { latitud } }', 'limit must be from 1 to 500, and is 501.'],
    ['dispatch(id: 1) { historial(limit: 0) { timestamp } }', 'limit must be from 1 to 500, and is 0.'],
  ])('have bounds: %s', async (field, message) => {
    const { create, ask } = await tDispatches();
    await create();
    const result = await ask(dispatcher, `{ ${field} }`);
    expect(codeOf(result)).toBe('BAD_USER_INPUT');
    expect(result.errors![0]!.message).toBe(message);
  });

  test('have a default no larger than the configured page', async () => {
    const { create, data, ask } = await tDispatches({ maxPageSize: 2 });
    for (let count = 0; count < 3; count += 1) await create();
    const { despachos } = await data(dispatcher, '{ despachos { id } }');
    expect(despachos).toHaveLength(2);
    expect(codeOf(await ask(dispatcher, '{ despachos(limit: 3) { id } }'))).toBe('BAD_USER_INPUT');
  });

  test('contain as much of each dispatch as was asked for', async () => {
    const { create, assign, move, data } = await tDispatches();
    for (const id of [await create(), await create()]) {
      await assign(id);
      await move(id, 'EN_CAMINO');
    }
    const { despachos } = await data(
      dispatcher,
      '{ despachos { newest: historial(limit: 1) { changeType } all: historial { changeType previousEstado } } }',
    );
    const all = [
      { changeType: 'STATUS_CHANGED', previousEstado: 'ASIGNADO' },
      { changeType: 'ASSIGNED', previousEstado: firstEstado() },
      { changeType: 'CREATED', previousEstado: null },
    ];
    const each = { newest: [{ changeType: 'STATUS_CHANGED' }], all };
    expect(despachos).toEqual([each, each]);
  });
});

test('the audit trail shows what happened, newest first, of one type if so asked', async () => {
  const { create, assign, data } = await tDispatches();
  await assign(await create());
  const { events } = await data(dispatcher, '{ events { id type despachoId actorId timestamp data } }');
  expect(events).toMatchObject([
    {
      type: 'dispatch.assigned',
      despachoId: '1',
      actorId: assignedBy(),
      data: { dispatch: { estado: 'ASIGNADO' } },
    },
    { type: 'dispatch.created', despachoId: '1' },
  ]);
  const { events: created } = await data(dispatcher, '{ events(type: "dispatch.created") { type } }');
  expect(created).toEqual([{ type: 'dispatch.created' }]);
});

test('the audit trail is read page by page, of a dispatch, of somebody, of a time', async () => {
  const { create, assign, data } = await tDispatches();
  await assign(await create());
  await create();
  const page = (args: string) => data(dispatcher, `{ events(${args}) { id type despachoId } }`);
  const { events: ofOne } = await page('despachoId: "1", limit: 1');
  expect(ofOne).toMatchObject([{ type: 'dispatch.assigned', despachoId: '1' }]);
  const [{ id }] = ofOne as [{ id: string }];
  expect(await page(`despachoId: "1", limit: 1, before: "${id}"`)).toMatchObject({
    events: [{ type: 'dispatch.created', despachoId: '1' }],
  });
  expect(await page('actorId: "nobody"')).toEqual({ events: [] });
  expect(await page('from: "9999-01-01T00:00:00Z"')).toEqual({ events: [] });
  expect(await page('to: "2000-01-01T00:00:00Z"')).toEqual({ events: [] });
});
