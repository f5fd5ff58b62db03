/** What the executable schema promises to gateways and to the hub. */
import { expect, test } from '@jest/globals';
import { execute, parse } from 'graphql';
import { codeOf, tSubgraph, viewer } from '../support/subgraph.ts';

const origen = { latitud: -17.7833, longitud: -63.1821 };
const create = 'mutation ($origen: PlaceInput!) { createDispatch(input: {origen: $origen}) { id } }';
const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Dispatch { id estado }
    ... on User { id status isOnline connectionCount name }
  }
}`;

test('federation reads the SDL without a viewer', async () => {
  const { data } = await tSubgraph();
  const { _service } = await data(null, '{ _service { sdl } }');
  expect(_service).toEqual({ sdl: expect.stringMatching(/type Dispatch\s*@key\(fields: "id"\)/) });
});

test('200 references with doubles and unknown ids cost one query', async () => {
  const { data, dispatches } = await tSubgraph();
  for (let count = 0; count < 20; count += 1) await data(viewer('dispatcher'), create, { origen });
  dispatches.finds.length = 0;

  const ids = Array.from({ length: 200 }, (_, index) =>
    index % 10 === 9 ? `no-${index}` : String((index % 20) + 1),
  );
  const representations = ids.map((id) => ({ __typename: 'Dispatch', id }));
  const { _entities } = await data(viewer('doctor'), entities, { representations });

  expect(_entities).toEqual(
    ids.map((id) => (id.startsWith('no-') ? null : { __typename: 'Dispatch', id, estado: 'PENDIENTE' })),
  );
  expect(dispatches.finds).toHaveLength(1);
  expect(new Set(dispatches.finds[0]).size).toBe(dispatches.finds[0]!.length);
});

test('a user whom only other services know is one who was never here', async () => {
  const { data } = await tSubgraph();
  const representations = [
    { __typename: 'User', id: 'nobody' },
    { __typename: 'User', id: 'a b' },
  ];
  const { _entities } = await data(viewer('dispatcher'), entities, { representations });
  expect(_entities).toEqual([
    { __typename: 'User', id: 'nobody', status: 'OFFLINE', isOnline: false, connectionCount: 0, name: null },
    null,
  ]);
});

test('entities are guarded like fields', async () => {
  const { ask } = await tSubgraph();
  const nobody = { ...viewer('doctor'), permissions: new Set<string>() };
  const dispatchOf = { representations: [{ __typename: 'Dispatch', id: '1' }] };
  expect(codeOf(await ask(null, entities, dispatchOf))).toBe('UNAUTHENTICATED');
  expect(codeOf(await ask(nobody, entities, dispatchOf))).toBe('FORBIDDEN');
  const userOf = { representations: [{ __typename: 'User', id: 'ana' }] };
  expect(codeOf(await ask(nobody, entities, userOf))).toBeUndefined();
});

test('an event is executed within one turn of the event loop, so long as nothing is loaded for it', async () => {
  const { schema, dispatches, contextOf } = await tSubgraph();
  const dispatch = await dispatches.create(
    {
      origen: { ...origen, direccion: null },
      destino: null,
      prioridad: 'ALTA',
      incidente: 'OTRO',
      observaciones: null,
    },
    'ana',
  );
  const value = {
    cursor: 'c',
    changeType: 'CREATED',
    dispatch,
    previousEstado: null,
    actorId: 'ana',
    timestamp: dispatch.fechaSolicitud,
  };
  const result = execute({
    schema,
    document:
      parse(`subscription { dispatchesUpdated { cursor changeType timestamp actorId previousEstado dispatch {
      id estado prioridad incidente origen { latitud } destino { latitud } ambulancia { id } fechaSolicitud version } } }`),
    rootValue: { dispatchesUpdated: value },
    contextValue: { loaders: contextOf(null).loaders },
  });
  expect(result).toMatchObject({
    data: { dispatchesUpdated: { dispatch: { id: dispatch.id, prioridad: 'ALTA' } } },
  });
});

test('a mutation is not answered with what was read before it', async () => {
  const { data } = await tSubgraph();
  const dispatcher = viewer('dispatcher');
  await data(dispatcher, create, { origen });
  const result = await data(
    viewer('system'),
    `mutation ($at: LocationInput!, $then: LocationInput!) {
      assignDispatch(id: 1, ambulanciaId: "A1") { ubicacionActual { latitud } }
      first: reportLocation(despachoId: 1, input: $at) { latitud }
      a: updateDispatchStatus(id: 1, estado: EN_CAMINO) { ubicacionActual { latitud } }
      second: reportLocation(despachoId: 1, input: $then) { latitud }
      b: updateDispatchStatus(id: 1, estado: EN_SITIO) { ubicacionActual { latitud } }
    }`,
    { at: { latitud: 1, longitud: 1 }, then: { latitud: 2, longitud: 2 } },
  );
  expect(result).toMatchObject({
    assignDispatch: { ubicacionActual: null },
    a: { ubicacionActual: { latitud: 1 } },
    b: { ubicacionActual: { latitud: 2 } },
  });
});

test('a Subscription field with a resolve function, which would leave its stream unguarded, is not taken', async () => {
  const { resolvers, schemaOf } = await tSubgraph();
  const presenceChanged = resolvers.Subscription.presenceChanged as { readonly subscribe: () => never };
  const resolve = () => Promise.reject(new Error('never'));
  const Subscription = { ...resolvers.Subscription, presenceChanged: { ...presenceChanged, resolve } };
  expect(() => schemaOf({ ...resolvers, Subscription })).toThrow(
    'Subscription.presenceChanged must have a subscribe function and no resolve function.',
  );
});
