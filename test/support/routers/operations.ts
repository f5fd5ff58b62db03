/** What holds of queries and mutations through every router. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { create, send, type KeyedRequest } from '../mutations.ts';
import { createDispatches } from '../operations.ts';
import type { RealRouter } from './behind-router.ts';
import { tFleetAndDispatch } from './joins.ts';

/** One start of a router is enough for the tests of a name: each has viewers and dispatches of its own. */
export function testOperations(tRouter: () => Promise<RealRouter>): void {
  testJoins(tRouter);
  testErrors(tRouter);
  testKeys(tRouter);
}

function testJoins(tRouter: () => Promise<RealRouter>): void {
  test('joins work both ways, and mutations too', async () => {
    const router = await tRouter();
    const id = await tFleetAndDispatch(router);
    const assigned = await router.ask(
      'mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A1") { estado vehicle { placa currentDispatch { id prioridad } } } }',
      { id },
    );
    expect(assigned).toEqual({
      status: 200,
      data: {
        assignDispatch: {
          estado: 'ASIGNADO',
          vehicle: { placa: '2045-KLP', currentDispatch: { id, prioridad: 'MEDIA' } },
        },
      },
    });
    const board = await router.ask(
      '{ vehicles { id currentDispatch { id estado vehicle { id } } } despachos { id vehicle { placa } } }',
    );
    expect(board.data).toEqual({
      vehicles: [
        { id: 'A1', currentDispatch: { id, estado: 'ASIGNADO', vehicle: { id: 'A1' } } },
        { id: 'A2', currentDispatch: null },
      ],
      despachos: [{ id, vehicle: { placa: '2045-KLP' } }],
    });
  });

  test('a join over 3,000 different dispatches fits into a request', async () => {
    const router = await tRouter();
    const ids = await createDispatches(router.service.client, 3_000);
    for (const id of ids) router.vehicles.set(`A${id}`, { id: `A${id}`, placa: id, currentDispatchId: id });
    const { data } = await router.ask('{ vehicles { currentDispatch { id version } } }');
    expect(data).toEqual({ vehicles: ids.map((id) => ({ currentDispatch: { id, version: 1 } })) });
  });
}

function testErrors(tRouter: () => Promise<RealRouter>): void {
  test('tokens are passed on, and an error has its code and its message, on every way to a dispatch', async () => {
    const router = await tRouter();
    const id = await tFleetAndDispatch(router);
    const nobody = await router.token({ sub: 'nobody', permissions: [] });
    const refusal = {
      message: expect.stringContaining('view-dispatches'),
      extensions: { code: 'FORBIDDEN' },
    };
    const listed = await router.ask('{ despachos { id } }', {}, nobody);
    expect(listed).toMatchObject({ status: 200, errors: [refusal] });
    const joined = await router.ask('{ vehicles { id currentDispatch { estado } } }', {}, nobody);
    expect(joined).toMatchObject({ data: { vehicles: [{ id: 'A1', currentDispatch: null }, { id: 'A2' }] } });
    expect(joined.errors).toMatchObject([refusal]);
    const wrong = await router.ask('{ despachos { id } }', {}, 'not.a.token');
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    const impossible = await router.ask(
      'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: COMPLETADO) { id } }',
      { id },
    );
    expect(impossible.errors).toMatchObject([
      { extensions: { code: 'INVALID_TRANSITION', allowed: ['ASIGNADO', 'CANCELADO'] } },
    ]);
  });

  test('a dispatch that nobody knows is null, and no error', async () => {
    const router = await tRouter();
    const id = await tFleetAndDispatch(router);
    router.vehicles.set('A3', { id: 'A3', placa: '1', currentDispatchId: '999' });
    router.vehicles.set('A4', { id: 'A4', placa: '2', currentDispatchId: 'no number' });
    const { data, errors } = await router.ask('{ vehicles { id currentDispatch { id estado } } }');
    expect(data).toEqual({
      vehicles: [
        { id: 'A1', currentDispatch: { id, estado: 'PENDIENTE' } },
        { id: 'A2', currentDispatch: null },
        { id: 'A3', currentDispatch: null },
        { id: 'A4', currentDispatch: null },
      ],
    });
    expect(errors).toBeUndefined();
  });
}

function testKeys(tRouter: () => Promise<RealRouter>): void {
  describe('a mutation that is sent again is made once, where its idempotency key is', () => {
    const withArgument =
      'mutation ($latitud: Float!, $key: String) { createDispatch(input: { origen: { latitud: $latitud, longitud: 2 } }, idempotencyKey: $key) { id version } }';
    const variables = { latitud: 1 };
    const ways: Readonly<Record<string, (key: string) => KeyedRequest>> = {
      'in the header': (key) => ({ query: create, variables, key }),
      'an argument': (key) => ({ query: withArgument, variables: { ...variables, key } }),
    };

    test.each(Object.entries(ways))('%s', async (_, requestOf) => {
      const router = await tRouter();
      const token = await router.token();
      const key = randomUUID();
      const first = await send(router.url, token, requestOf(key));
      expect(first).toEqual({ status: 200, data: { createDispatch: { id: '1', version: 1 } } });
      expect(await send(router.url, token, requestOf(key))).toEqual(first);
      // All ways name the same mutation, also to the service itself.
      for (const other of Object.values(ways)) {
        expect(await send(router.url, token, other(key))).toEqual(first);
        expect(await send(router.service.url, token, other(key))).toEqual(first);
      }
      expect((await send(router.url, token, requestOf(randomUUID()))).data).toMatchObject({
        createDispatch: { id: '2' },
      });
    });

    test('in the header, of a document with several', async () => {
      const router = await tRouter();
      const token = await router.token();
      const place = 'input: { origen: { latitud: 1, longitud: 2 } }';
      const request = {
        query: `mutation { a: createDispatch(${place}) { id } b: subscribeToDispatch(id: 7) { id } c: createDispatch(${place}) { id } }`,
        key: randomUUID(),
      };
      const first = await send(router.url, token, request);
      expect(first.data).toEqual({ a: { id: '1' }, b: null, c: { id: '2' } });
      expect(first.errors).toMatchObject([{ path: ['b'], extensions: { code: 'NOT_FOUND' } }]);
      expect(await send(router.url, token, request)).toEqual(first);
    });

    test('but not in the extensions, which routers keep to themselves', async () => {
      const router = await tRouter();
      const token = await router.token();
      const request = { query: create, variables, extensions: { idempotencyKey: randomUUID() } };
      expect((await send(router.url, token, request)).data).toMatchObject({ createDispatch: { id: '1' } });
      expect((await send(router.url, token, request)).data).toMatchObject({ createDispatch: { id: '2' } });
    });
  });
}
