/** Proves that an id is the same however its accents were typed, at every way in. */
import { expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { createDispatch } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

// As macOS types it, and as others do.
const [typed, spelled] = ['Mun\u0303oz', 'Mu\u00f1oz'];

test('an ambulance, a user and an actor are the same in both spellings', async () => {
  const { client, wsUrl } = await tServerProcess();
  const id = await createDispatch(client);
  const assign = (ambulanciaId: string) =>
    client.ask<{ assignDispatch: { version: number; ambulancia: { id: string } } }>(
      'mutation ($id: ID!, $ambulanciaId: ID!) { assignDispatch(id: $id, ambulanciaId: $ambulanciaId) { version ambulancia { id } } }',
      { id, ambulanciaId },
    );
  const assigned = { assignDispatch: { version: 2, ambulancia: { id: spelled } } };
  expect((await assign(typed)).data).toEqual(assigned);
  expect((await assign(spelled)).data).toEqual(assigned);

  for (const [index, ambulanciaId] of [typed, spelled].entries()) {
    const crew = await client.token({ sub: typed, role: 'paramedic', ambulanciaId });
    const report = `mutation { reportLocation(despachoId: ${id}, input: { latitud: 1, longitud: ${index} }) { longitud } }`;
    expect((await client.ask(report, {}, crew)).data).toEqual({ reportLocation: { longitud: index } });
    const follow = `mutation { subscribeToDispatch(id: ${id}) { id } }`;
    expect((await client.ask(follow, {}, crew)).errors).toBeUndefined();
  }

  const asked = await client.ask<{ user: object; _entities: object[]; events: { type: string }[] }>(
    `query ($id: ID!, $refs: [_Any!]!) {
      user(id: $id) { id } _entities(representations: $refs) { ... on User { id name } }
      events(actorId: $id) { type actorId } }`,
    { id: typed, refs: [{ __typename: 'User', id: typed }] },
  );
  expect(asked.errors).toBeUndefined();
  expect(asked.data!.user).toEqual({ id: spelled });
  expect(asked.data!._entities).toMatchObject([{ id: spelled }]);
  const entry = (type: string) => ({ type, actorId: spelled });
  expect(asked.data!.events).toEqual([
    entry('location.reported'),
    entry('dispatch.followed'),
    entry('location.reported'),
  ]);

  // Of oneself a status may be watched by anybody.
  const own = await client.token({ sub: spelled, role: 'paramedic', ambulanciaId: spelled });
  const stream = subscribe<{ userId: string; status: string }>(
    tClient(wsUrl, own),
    'subscription ($userId: ID!) { userStatusChanged(userId: $userId) { userId status } }',
    { userId: typed },
  );
  const me = await client.token({ sub: typed, role: 'paramedic' });
  // There is no word that a stream is open: so the status is changed until it shows.
  await until('it is shown', async () => {
    for (const status of ['BUSY', 'AWAY'])
      await client.ask(`mutation { updateUserStatus(status: ${status}) { id } }`, {}, me);
    return stream.events.some(({ status }) => status === 'BUSY');
  });
  expect(new Set(stream.events.map(({ userId }) => userId))).toEqual(new Set([spelled]));
  expect(stream.failures).toEqual([]);
});

test('MS Despacho’s names are read in one spelling, and its ids and the texts of clients go there as they came', async () => {
  const standIn = await tMsDespacho();
  const bodies: unknown[] = [];
  standIn.trouble = ({ method, body }) => void (method === 'POST' && bodies.push(body));
  const { client } = await tServerProcess({ MS_DESPACHO_URL: standIn.url });
  const direccion = 'Calle Mun\u0303oz';
  const id = await createDispatch(client, { origen: { latitud: 1, longitud: 2, direccion } });
  expect(bodies).toMatchObject([{ direccion_origen: direccion }]);
  Object.assign(standIn.model.despachos.get(Number(id))!.ambulancia!, { placa: typed });
  const { data } = await client.ask(`{ dispatch(id: ${id}) { ambulancia { placa } origen { direccion } } }`);
  expect(data).toEqual({ dispatch: { ambulancia: { placa: spelled }, origen: { direccion } } });
  expect(standIn.calls.filter((call) => call.startsWith('GET /api/v1/despachos/'))).toContain(
    `GET /api/v1/despachos/${id}`,
  );
});

test('what cannot be seen is no message, and control characters are no part of one', async () => {
  const { client } = await tServerProcess();
  const send = (message: string) =>
    client.ask(
      'mutation ($message: String!) { broadcastMessage(channel: "general", message: $message) { message } }',
      {
        message,
      },
    );
  for (const message of ['', ' \n', '\u200b\u2060', '\0\x1b', '\u3164'])
    expect((await send(message)).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', field: 'message' } },
    ]);
  expect((await send('Llegó\0 la \x1b[31mUCI\x07\n👨‍👩‍👧')).data).toEqual({
    broadcastMessage: { message: 'Llegó la [31mUCI\n👨‍👩‍👧' },
  });
  const observaciones = 'dos\0 heridos';
  const created = await client.ask(
    'mutation ($o: String) { createDispatch(input: { origen: { latitud: 1, longitud: 1, direccion: $o }, observaciones: $o }) { observaciones origen { direccion } } }',
    { o: observaciones },
  );
  expect(created.data).toEqual({
    createDispatch: { observaciones: 'dos heridos', origen: { direccion: 'dos heridos' } },
  });
});
