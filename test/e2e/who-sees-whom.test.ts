/** Which fields of people are shown to whom, over every transport, against what docs/authorisation.md promises. */
import { describe, expect, test } from '@jest/globals';
// First: clients end before what they are connected to.
import { subscribe, tClient, type Subscribing } from '../support/graphql-client.ts';
import { tApp } from '../support/app.ts';
import { askers, type Asker } from '../support/authorised-operations.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tEventClient } from '../support/event-stream.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { isShown, mayUse, promisedFields, type Who } from '../support/promised-authorisation.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (type: string): string[] =>
  promisedFields.filter((field) => field.startsWith(`${type}.`)).map((field) => field.slice(type.length + 1));
const user = `{ ${fieldsOf('User').join(' ')} }`;

/** One way to an object whose fields are not for everybody. */
interface Way {
  readonly operation: string;
  readonly query: string;
  readonly type: 'User' | 'DispatchUpdate';
  /** Finds the object in the value of the root field. */
  readonly find: (value: never) => Fields;
  /** Whether the object is the viewer, where nobody else is shown the same answer. */
  readonly isOneself: boolean;
}

const inList = (value: readonly Fields[]): Fields => value[0]!;
const sender = ({ sender: found }: { readonly sender: Fields }): Fields => found;

const way = (operation: string, query: string, find: Way['find'], more: Partial<Way> = {}): Way => ({
  ...{ operation, query, find, type: 'User', isOneself: false },
  ...more,
});

function waysOf(self: string, id: string): readonly Way[] {
  const reference = (to: string) =>
    `{ _entities(representations: [{ __typename: "User", id: "${to}" }]) { ... on User ${user} } }`;
  const said = (channel: string) => `{ channelHistory(channel: "${channel}") { sender ${user} } }`;
  const senders = ([first]: readonly { readonly sender: Fields }[]) => first!.sender;
  const histories = ({ historial }: { readonly historial: readonly Fields[] }) => historial[0]!;
  const changes = { type: 'DispatchUpdate' } as const;
  return [
    way('updateUserStatus', reference('otra'), inList),
    way('updateUserStatus', reference(self), inList, { isOneself: true }),
    way('updateUserStatus', `mutation { updateUserStatus(status: BUSY) ${user} }`, (value) => value, {
      isOneself: true,
    }),
    way('channelHistory', said('sala'), senders),
    way('channelHistory', said('propia'), senders, { isOneself: true }),
    way('dispatch', `{ dispatch(id: ${id}) { historial { actorId } } }`, histories, changes),
  ];
}

function streamsOf(self: string, id: string): readonly Way[] {
  const said = (channel: string) =>
    `subscription { messageBroadcast(channel: "${channel}") { sender ${user} } }`;
  const changes = { type: 'DispatchUpdate' } as const;
  const own = ({ user: found }: { readonly user: Fields }) => found;
  return [
    way('messageBroadcast', said('sala'), sender),
    // Many share a stream: it is nobody's own.
    way('messageBroadcast', said('propia'), sender),
    way('userStatusChanged', `subscription { userStatusChanged(userId: "${self}") { user ${user} } }`, own, {
      isOneself: true,
    }),
    way('presenceChanged', `subscription { presenceChanged { user ${user} } }`, own),
    way('dispatchesUpdated', 'subscription { dispatchesUpdated { actorId } }', (value) => value, changes),
    way(
      'dispatchUpdated',
      `subscription { dispatchUpdated(id: ${id}) { dispatch { historial { actorId } } } }`,
      ({ dispatch }: { readonly dispatch: { readonly historial: readonly Fields[] } }) =>
        dispatch.historial[0]!,
      changes,
    ),
  ];
}

/** Fields that are shown against what was promised, or not shown. */
const wrongIn = (found: Fields, { type, isOneself }: Way, { role }: Asker): string[] =>
  fieldsOf(type).filter(
    (field) => (found[field] !== null) !== isShown(`${type}.${field}`, { role, isOneself }),
  );

async function tPeople(env: Record<string, string>, { role }: Asker) {
  const router = await tCallbackRouter();
  const app = await tApp({ CALLBACK_ORIGINS: router.origin, ...env });
  const id = await createDispatch(app);
  const self = `somebody-${role}`;
  const token = await app.token({ sub: self, name: 'Alguien', role });
  const otra = await app.token({ sub: 'otra', name: 'Otra', role: 'doctor' });
  // Both are connected, whatever is asked.
  tClient(app.wsUrl, otra, { lazy: false });
  const webSocket = tClient(app.wsUrl, token, { lazy: false });
  const say = 'mutation ($channel: String!) { broadcastMessage(channel: $channel, message: "hola") { id } }';
  const choose = 'mutation ($status: UserStatus!) { updateUserStatus(status: $status) { id } }';
  /** Something happens on every stream. */
  const act = async (turn: number) => {
    await app.ask(say, { channel: 'sala' }, otra);
    await app.ask(say, { channel: 'propia' }, token);
    await app.ask(choose, { status: turn % 2 ? 'AWAY' : 'BUSY' }, token);
    await assign(app, id, `A${turn}`);
  };
  const connections = `{ ${['otra', self].map((who, index) => `u${index}: user(id: "${who}") { connectionCount }`).join(' ')} }`;
  await until('both are here', async () => {
    const { data } = await app.ask<Record<string, { connectionCount: number } | null>>(connections);
    return Object.values(data ?? {}).every((found) => found?.connectionCount === 1);
  });
  await act(0);
  return { router, app, id, self, token, act, webSocket, eventStream: tEventClient(app.url, token) };
}

describe.each(Object.keys(setUps))('%s', (setUp) => {
  test.each(askers)('$role', async (asker) => {
    const people = await tPeople(setUps[setUp]!(), asker);
    const { router, app, id, self, token, act, webSocket, eventStream } = people;
    const isAllowed = ({ operation, isOneself }: Way) =>
      mayUse(operation, { role: asker.role, isOneself } satisfies Who);

    const answerers: Readonly<Record<string, (query: string) => Promise<unknown>>> = {
      HTTP: async (query) => Object.values((await app.ask(query, {}, token)).data!)[0],
      WebSocket: (query) => firstOf(webSocket, query),
      'Server-Sent Events': (query) => firstOf(eventStream, query),
    };
    for (const asked of waysOf(self, id).filter(isAllowed))
      for (const [transport, ask] of Object.entries(answerers))
        expect([
          transport,
          asked.query,
          wrongIn(asked.find((await ask(asked.query)) as never), asked, asker),
        ]).toEqual([transport, asked.query, []]);

    const streams = streamsOf(self, id).filter(isAllowed);
    const watching = await Promise.all(
      streams.map(async (asked) => {
        const called = await router.ask(app.url, { token, query: asked.query });
        const shown = [webSocket, eventStream].map((client) => subscribe<Fields>(client, asked.query));
        return {
          asked,
          eventsBy: () => [...shown.map(({ events }) => events), router.shown<Fields>(called.id)],
        };
      }),
    );
    let turn = 1;
    await until('every stream has shown something', async () => {
      await act((turn += 1));
      return watching.every(({ eventsBy }) => eventsBy().every((events) => events.length > 0));
    });
    for (const { asked, eventsBy } of watching)
      for (const events of eventsBy())
        expect([asked.query, wrongIn(asked.find(events.at(-1) as never), asked, asker)]).toEqual([
          asked.query,
          [],
        ]);
  });
});

/** The value of the only root field, over a transport of streams. */
async function firstOf(client: Subscribing, query: string): Promise<unknown> {
  const shown = subscribe<unknown>(client, query);
  await shown.until((events) => events.length > 0);
  return shown.events[0];
}
