/** A mutation that is sent again with its idempotency key is made once, whichever way the key travels. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tGateway } from '../support/gateway.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { create, refusalsOf, send, type KeyedRequest } from '../support/mutations.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { until } from '../support/until.ts';

async function tSender(app: RunningApp, claims = {}) {
  const token = await app.token(claims);
  return (request: KeyedRequest) => send(app.url, token, request);
}

const eventsOf = async (app: RunningApp): Promise<string[]> => {
  const { data } = await app.ask<{ events: { type: string }[] }>('{ events(limit: 100) { type } }');
  return data!.events.map(({ type }) => type).reverse();
};

const variables = { latitud: 1 };

describe('the key comes', () => {
  const key = randomUUID();
  const withArgument =
    'mutation ($latitud: Float!, $key: String) { createDispatch(input: { origen: { latitud: $latitud, longitud: 2 } }, idempotencyKey: $key) { id version } }';
  const ways: readonly (readonly [string, KeyedRequest])[] = [
    ['in the header', { query: create, variables, key }],
    ['in the header, in the quotes of its draft', { query: create, variables, key: `"${key}"` }],
    ['in the extensions', { query: create, variables, extensions: { idempotencyKey: key } }],
    ['as an argument', { query: withArgument, variables: { ...variables, key } }],
  ];

  test.each(ways)('%s', async (_, request) => {
    const app = await tApp();
    const sent = await tSender(app);
    const first = await sent(request);
    expect(first.data).toEqual({ createDispatch: { id: '1', version: 1 } });
    expect(await sent(request)).toEqual(first);
    // All ways name the same mutation.
    for (const [, other] of ways) expect(await sent(other)).toEqual(first);
    expect(await app.metric('dispatch_mutation_keys_total')).toBe(2 + ways.length);
    expect(await eventsOf(app)).toEqual(['dispatch.created']);
  });

  test('by the id of an operation on a WebSocket, where it is a UUID', async () => {
    const app = await tApp();
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    const payload = { query: create, variables };
    const ask = async (on: typeof socket, id: string) => {
      on.send({ type: 'subscribe', id, payload });
      const next = await on.message('next', id);
      await on.message('complete', id);
      return (next['payload'] as { data: { createDispatch: { id: string } } }).data.createDispatch.id;
    };
    expect(await ask(socket, key)).toBe('1');
    const again = await tAcknowledgedSocket(app.wsUrl, await app.token());
    expect(await ask(again, key)).toBe('1');
    expect(await ask(again, randomUUID())).toBe('2');
    // Other ids are counters that begin anew on each socket.
    for (const [on, id] of [
      [socket, '3'],
      [again, '4'],
    ] as const)
      expect(await ask(on, '1')).toBe(id);
    // The same client on another transport.
    const byHttp = await (await tSender(app))({ ...payload, key });
    expect(byHttp.data).toEqual({ createDispatch: { id: '1', version: 1 } });
  });

  test.each(['in the header', 'as an argument'])('through a gateway, %s', async (way) => {
    const gateway = await tGateway('WebSocket');
    const token = await gateway.token();
    const request = ways.find(([name]) => name === way)![1];
    const first = await send(gateway.url, token, request);
    expect(first.data).toMatchObject({ createDispatch: { version: 1 } });
    expect(await send(gateway.url, token, request)).toEqual(first);
    const { data } = await gateway.ask<{ despachos: unknown[] }>('{ despachos { id } }');
    expect(data!.despachos).toHaveLength(1);
  });

  test('through a gateway that sends each mutation of a document by itself, and without its alias', async () => {
    const gateway = await tGateway('WebSocket');
    const token = await gateway.token();
    const place = 'input: { origen: { latitud: 1, longitud: 2 } }';
    const query = `mutation { a: createDispatch(${place}) { id } b: subscribeToDispatch(id: 7) { id } c: createDispatch(${place}) { id } }`;
    const first = await send(gateway.url, token, { query, key });
    expect(first.data).toEqual({ a: { id: '1' }, b: null, c: { id: '2' } });
    expect(await send(gateway.url, token, { query, key })).toEqual(first);
  });

  test('in the header of a request that is answered as Server-Sent Events', async () => {
    const app = await tApp();
    const ask = async () => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${await app.token()}`,
          'idempotency-key': key,
        },
        body: JSON.stringify({ query: create, variables }),
      });
      return response.text();
    };
    const first = await ask();
    expect(first).toContain('"id":"1"');
    expect(await ask()).toBe(first);
  });

  test.each([
    ['empty', '""'],
    ['too long', 'k'.repeat(129)],
    ['with a space', 'a b'],
    ['twice', 'a, b'],
    ['not in ASCII', 'clé'],
  ])('and is refused where it is %s: nothing is made', async (_, bad) => {
    const app = await tApp();
    const sent = await tSender(app);
    for (const request of [
      { query: create, variables, key: bad },
      { query: withArgument, variables: { ...variables, key: bad } },
      { query: create, variables, extensions: { idempotencyKey: bad } },
    ])
      expect(refusalsOf(await sent(request))).toEqual(['BAD_USER_INPUT']);
    expect(refusalsOf(await sent({ query: create, variables, extensions: { idempotencyKey: 7 } }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(await eventsOf(app)).toEqual([]);
    // What changes nothing needs none.
    expect(await sent({ query: '{ despachos { id } }', key: bad })).toMatchObject({ status: 200 });
  });
});

describe('each mutation', () => {
  const mutations: Readonly<Record<string, readonly [string, string]>> = {
    createDispatch: [
      'createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id version }',
      'createDispatch(input: { origen: { latitud: 9, longitud: 2 } }) { id version }',
    ],
    assignDispatch: [
      'assignDispatch(id: 1, ambulanciaId: "A-1", expectedVersion: 1) { id version ambulancia { id } }',
      'assignDispatch(id: 1, ambulanciaId: "A-2") { id version ambulancia { id } }',
    ],
    updateDispatchStatus: [
      'updateDispatchStatus(id: 1, estado: CANCELADO, expectedVersion: 1) { id version estado }',
      'updateDispatchStatus(id: 2, estado: CANCELADO) { id version estado }',
    ],
    answerAssignment: [
      'answerAssignment(id: 3, accept: true) { id version assignment { answer } }',
      'answerAssignment(id: 4, accept: true) { id version }',
    ],
    seeAssignment: [
      'seeAssignment(id: 3) { id version assignment { seenAt } }',
      'seeAssignment(id: 4) { id version }',
    ],
    acknowledgeAlert: [
      'acknowledgeAlert(id: 1) { id acknowledgedAt acknowledgedBy }',
      'acknowledgeAlert(id: 2) { id }',
    ],
    subscribeToDispatch: ['subscribeToDispatch(id: 1) { id version }', 'subscribeToDispatch(id: 2) { id }'],
    unsubscribeFromDispatch: [
      'unsubscribeFromDispatch(id: 1) { id version }',
      'unsubscribeFromDispatch(id: 2) { id }',
    ],
    reportLocation: [
      'reportLocation(despachoId: 1, input: { latitud: 1, longitud: 2 }) { latitud recordedAt }',
      'reportLocation(despachoId: 1, input: { latitud: 9, longitud: 2 }) { latitud recordedAt }',
    ],
    broadcastMessage: [
      'broadcastMessage(channel: "general", message: "Hola") { id message timestamp }',
      'broadcastMessage(channel: "general", message: "Adiós") { id message timestamp }',
    ],
    updateUserStatus: ['updateUserStatus(status: AWAY) { id }', 'updateUserStatus(status: BUSY) { id }'],
    notifyDispatchEvent: [
      'notifyDispatchEvent(evento: "despacho.estado.cambiado", despachoId: 1)',
      'notifyDispatchEvent(evento: "despacho.estado.cambiado", despachoId: 2)',
    ],
    endSession: [
      'endSession(userId: "otra", reason: "She has left") { refusedUntil }',
      'endSession(userId: "otra", reason: "Stolen") { refusedUntil }',
    ],
    readmitUser: [
      'readmitUser(userId: "otra", reason: "She is back") { refusedUntil }',
      'readmitUser(userId: "otra", reason: "Found") { refusedUntil }',
    ],
  };
  /** Concerns the socket that it is sent over, which no router forwards: to do so twice changes nothing. */
  const ofSockets = 'renewSession';

  test('has a case below', async () => {
    const app = await tApp();
    const { data } = await app.ask<{ __schema: { mutationType: { fields: { name: string }[] } } }>(
      '{ __schema { mutationType { fields { name args { name } type { kind } } } } }',
    );
    const fields = data!.__schema.mutationType.fields.filter(({ name }) => name !== ofSockets);
    expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(mutations).sort());
    for (const field of fields)
      expect(field).toMatchObject({
        args: expect.arrayContaining([{ name: 'idempotencyKey' }]) as unknown,
        type: { kind: expect.not.stringMatching('NON_NULL') as unknown },
      });
  });

  test.each(Object.entries(mutations))(
    '%s is made once, and refused where it is another',
    async (name, both) => {
      const [asked, other] = both.map((field) => `mutation { ${field} }`) as [string, string];
      const concernsAlerts = name === 'acknowledgeAlert';
      const app = await tApp(concernsAlerts ? { ALERT_OVERDUE_MS: 'PENDIENTE=1000' } : {});
      const sent = await tSender(app, { sub: 'root', role: 'admin' });
      for (let count = 0; count < 2; count += 1) await createDispatch(app);
      for (let count = 0; count < 2; count += 1) await assign(app, await createDispatch(app));
      const raised = 'dispatch_alerts_total{kind="OVERDUE",change="RAISED"}';
      if (concernsAlerts)
        await until('both that nobody has are alerts', async () => (await app.metric(raised)) === 2, 60_000);
      const key = 'the-first';
      const first = await sent({ query: asked, key });
      expect(first.errors).toBeUndefined();
      const made = await eventsOf(app);
      expect(await Promise.all([1, 2, 3].map(() => sent({ query: asked, key })))).toEqual([
        first,
        first,
        first,
      ]);
      expect(refusalsOf(await sent({ query: other, key }))).toEqual([
        'BAD_USER_INPUT IDEMPOTENCY_KEY_REUSED',
      ]);
      expect(await eventsOf(app)).toEqual(made);
      // Keys are a viewer's own.
      const elsewhere = await tSender(app, { sub: 'luz', role: 'admin' });
      expect(refusalsOf(await elsewhere({ query: other, key }))).toEqual([]);
    },
  );
});

test('a dispatch is answered as the mutation left it, in whatever selection, whatever has happened since', async () => {
  const app = await tApp();
  const sent = await tSender(app);
  const id = await createDispatch(app);
  const assignOnce = (selection: string) =>
    sent({ query: `mutation { assignDispatch(id: ${id}, ambulanciaId: "A-1") { ${selection} } }`, key: 'k' });
  await assignOnce('id');
  await move(app, id, 'EN_CAMINO');
  expect((await assignOnce('version estado ambulancia { id }')).data).toEqual({
    assignDispatch: { version: 2, estado: 'ASIGNADO', ambulancia: { id: 'A-1' } },
  });
  // What changed nothing has an effect, too.
  const again = {
    query: `mutation { assignDispatch(id: ${id}, ambulanciaId: "A-1") { version } }`,
    key: 'other',
  };
  expect(refusalsOf(await sent(again))).toEqual(['INVALID_TRANSITION']);
  const same = {
    query: `mutation { updateDispatchStatus(id: ${id}, estado: EN_CAMINO) { version estado } }`,
    key: 's',
  };
  const unchanged = await sent(same);
  expect(unchanged.data).toEqual({ updateDispatchStatus: { version: 3, estado: 'EN_CAMINO' } });
  await move(app, id, 'EN_SITIO');
  expect(await sent(same)).toEqual(unchanged);
});

test('what was refused is not kept', async () => {
  const app = await tApp();
  const sent = await tSender(app);
  const request = {
    query: 'mutation { updateDispatchStatus(id: 1, estado: CANCELADO) { version } }',
    key: 'k',
  };
  expect(refusalsOf(await sent(request))).toEqual(['NOT_FOUND']);
  await createDispatch(app);
  expect((await sent(request)).data).toEqual({ updateDispatchStatus: { version: 2 } });
});

test('a document of several: each has its own place under the key, and one that fails hides no other', async () => {
  const app = await tApp();
  const sent = await tSender(app);
  const place = 'input: { origen: { latitud: 1, longitud: 2 } }';
  const query = `mutation { a: createDispatch(${place}) { id } b: createDispatch(${place}) { id }
    c: updateDispatchStatus(id: 7, estado: CANCELADO) { id } d: createDispatch(${place}) { id } }`;
  const first = await sent({ query, key: 'k' });
  expect(first.data).toEqual({ a: { id: '1' }, b: { id: '2' }, c: null, d: { id: '3' } });
  expect(refusalsOf(first)).toEqual(['NOT_FOUND']);
  const again = await sent({ query, key: 'k' });
  expect(again).toEqual(first);
  // Another document, of which a part was made before.
  const more = `mutation { a: createDispatch(${place}) { version } e: createDispatch(${place}) { id } }`;
  expect((await sent({ query: more, key: 'k' })).data).toEqual({ a: { version: 1 }, e: { id: '4' } });
});

test('a result that is too large hides nothing: the same key with a smaller selection is answered', async () => {
  const app = await tApp({ MAX_RESULT_BYTES: '2000' });
  const sent = await tSender(app);
  const text = 'x'.repeat(1_500);
  const create = (selection: string) =>
    sent({
      query: `mutation ($text: String) { createDispatch(input: { origen: { latitud: 1, longitud: 2 }, observaciones: $text }) { ${selection} } }`,
      variables: { text },
      key: 'k',
    });
  expect(refusalsOf(await create('id a: observaciones b: observaciones'))).toEqual(['RESULT_TOO_LARGE']);
  expect((await create('id')).data).toEqual({ createDispatch: { id: '1' } });
  expect(await eventsOf(app)).toEqual(['dispatch.created']);
});

test('a message that was allowed is answered again to one who is no longer of the crew', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const assign = (ambulance: string) =>
    app.ask(`mutation { assignDispatch(id: ${id}, ambulanciaId: "${ambulance}") { id } }`);
  await assign('A-1');
  const crew = await tSender(app, { sub: 'pablo', role: 'paramedic', ambulanciaId: 'A-1' });
  const request = {
    query: `mutation { broadcastMessage(channel: "dispatch:${id}:chat", message: "Voy") { id } }`,
  };
  const first = await crew({ ...request, key: 'k' });
  expect(first.data).toEqual({ broadcastMessage: { id: '1' } });
  await assign('A-2');
  expect(await crew({ ...request, key: 'k' })).toEqual(first);
  expect(refusalsOf(await crew({ ...request, key: 'another' }))).toEqual(['FORBIDDEN']);
});

test('a status that is chosen again late does not undo a later choice', async () => {
  const app = await tApp();
  const sent = await tSender(app);
  const choose = (status: string, key: string) =>
    sent({ query: `mutation { updateUserStatus(status: ${status}) { id } }`, key });
  await tAcknowledgedSocket(app.wsUrl, await app.token());
  await choose('AWAY', 'first');
  await choose('BUSY', 'second');
  await choose('AWAY', 'first');
  const { data } = await app.ask('{ user(id: "ana") { status } }');
  expect(data).toEqual({ user: { status: 'BUSY' } });
});

test('one that is sent again counts like any other: RATE_LIMITED says when, and the key holds until then', async () => {
  const app = await tApp({ RATE_LIMIT_SCALE: '1' });
  const sent = await tSender(app);
  const request = { query: 'mutation { updateUserStatus(status: AWAY) { id } }', key: 'k' };
  const answers = await Promise.all(Array.from({ length: 61 }, () => sent(request)));
  expect(answers.flatMap(refusalsOf)).toEqual(['RATE_LIMITED']);
});
