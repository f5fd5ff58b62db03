/** The single connection mode of graphql-sse: many operations on one event stream, each of which goes on where it was. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventStream, tSharedEventClient } from '../support/event-stream.ts';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { endShared, openShared, postShared, tSharedStream } from '../support/shared-stream.ts';
import { askForTicket, refusalOf, tTicket } from '../support/stream-tickets.ts';
import { listen, messageBroadcast, numbersOf, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const listening = { query: messageBroadcast, variables: { channel } };
const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = (env: Record<string, string> = {}) =>
    tApp({
      ...setUps[setUp]!(),
      EVENT_STREAM_TICKETS: 'header',
      REDIS_PREFIX: `${randomUUID()}:`,
      ...env,
    });

  test('the stock client has all its operations on one stream, and ends each for itself', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    const client = tSharedEventClient(app.url, await app.token());
    const board = subscribe<Update>(client, dispatchUpdated, { id });
    const talk = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 2);
    await board.until((events) => events.length === 1);
    await assign(app, id);
    await say(app, channel, 1, 2);
    await Promise.all([
      board.until((events) => events.length === 2),
      talk.until((events) => events.length === 2),
    ]);
    expect([numbersOf(talk.events), await app.metric('dispatch_event_streams')]).toEqual([[1, 2], 1]);
    talk.unsubscribe();
    await live(app, 1);
    await assign(app, id, 'A-2');
    await board.until((events) => events.length === 3);
    board.unsubscribe();
    await until('it is gone', async () => (await app.metric('dispatch_event_streams')) === 0);
    expect([await app.metric('dispatch_slots'), board.failures, talk.failures]).toEqual([0, [], []]);
  });

  test('a result, and every error of an operation, comes through the stream, followed by its end', async () => {
    const app = await tService();
    const token = await app.token({ permissions: ['view-dispatches'] });
    const { ticket, stream } = await tSharedStream(app.url, token);
    const create = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }';
    const cases = {
      good: '{ despachos { id } }',
      invalid: '{ despachoz { id } }',
      forbidden: create,
      'refused stream': 'subscription { presenceChanged { cursor } }',
    };
    for (const [id, query] of Object.entries(cases))
      expect((await postShared(app.url, { token, ticket }, { query }, id)).status).toBe(202);
    const of = (id: string) =>
      stream.events.filter(({ data }) => (data as { id?: string } | null)?.id === id);
    await stream.until(() => Object.keys(cases).every((id) => of(id).length === 2));
    const codeOf = (id: string) =>
      (of(id)[0] as { data: { payload: { errors: { extensions: { code: string } }[] } } }).data.payload
        .errors[0]!.extensions.code;
    expect(of('good')).toEqual([
      { event: 'next', data: { id: 'good', payload: { data: { despachos: [] } } } },
      { event: 'complete', data: { id: 'good' } },
    ]);
    expect(['invalid', 'forbidden', 'refused stream'].map(codeOf)).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    // The ids are free again.
    expect((await postShared(app.url, { token, ticket }, { query: cases.good }, 'good')).status).toBe(202);
    await stream.until(() => of('good').length === 4);
  });

  test('a mutation that is sent again with its id is made once', async () => {
    const app = await tService();
    const token = await app.token();
    const query = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }';
    const id = randomUUID();
    for (let round = 0; round < 2; round += 1) {
      const { ticket, stream } = await tSharedStream(app.url, token);
      await postShared(app.url, { token, ticket }, { query }, id);
      await stream.until(({ events }) => events.some(({ event }) => event === 'complete'));
      stream.response.destroy();
    }
    expect((await app.ask<{ despachos: unknown[] }>('{ despachos { id } }')).data!.despachos).toHaveLength(1);
  });

  test('the stock client misses nothing while its path breaks again and again, and keeps no cursor', async () => {
    const app = await tService();
    const wire = await tCutProxy(app.url);
    const client = tSharedEventClient(`http://${wire.host}`, await app.token());
    const shown = listen<Message>(client, messageBroadcast, { channel });
    const other = listen<Message>(client, messageBroadcast, { channel: 'other' });
    await live(app, 2);
    for (let round = 0; round < 5; round += 1) {
      wire.cut();
      await say(app, channel, 10 * round + 1, 10 * round + 5);
      await say(app, 'other', round + 1);
      wire.mend();
      await say(app, channel, 10 * round + 6, 10 * round + 10);
      await shown.until((events) => numbersOf(events).includes(10 * round + 10));
      await other.until((events) => numbersOf(events).includes(round + 1));
    }
    // What had come less than a second or two before a break is shown again.
    const firsts = [...new Set(numbersOf(shown.events))];
    expect(firsts).toEqual(range(1, 50));
    expect([...new Set(numbersOf(other.events))]).toEqual(range(1, 5));
    expect([shown.failures, other.failures]).toEqual([[], []]);
    shown.unsubscribe();
    other.unsubscribe();
  }, 60_000);

  test('what has arrived some time before is not shown again, also when the service does not notice the break', async () => {
    const app = await tService();
    const wire = await tCutProxy(app.url);
    const client = tSharedEventClient(`http://${wire.host}`, await app.token());
    const shown = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 1);
    await say(app, channel, 1, 5);
    await shown.until((events) => events.length === 5);
    await until('it has arrived', async () => (await app.metric('dispatch_acknowledgements_total')) > 0);
    wire.halfOpen();
    await say(app, channel, 6, 10);
    await shown.until((events) => numbersOf(events).includes(10));
    expect(numbersOf(shown.events)).toEqual(range(1, 10));
    await until('the ghost is gone', async () => (await app.metric('dispatch_event_streams')) === 1);
    shown.unsubscribe();
  }, 60_000);

  test('whoever ends an operation that has ended is told that it has', async () => {
    const app = await tService();
    const token = await app.token();
    const { ticket } = await tSharedStream(app.url, token);
    await postShared(app.url, { token, ticket }, listening, 'a');
    await live(app, 1);
    for (const id of ['a', 'a', 'b'])
      expect((await endShared(app.url, { token, ticket }, id)).status).toBe(200);
    await live(app, 0);
  });

  test('what is wrong is told by a status', async () => {
    const app = await tService({ MAX_SUBSCRIPTIONS_PER_SOCKET: '2' });
    const token = await app.token();
    const { ticket } = await tSharedStream(app.url, token);
    const own = { token, ticket };
    const post = async (asked: { token: string; ticket: string }, id: unknown, body = listening) => {
      const { status, code } = await postShared(app.url, asked, body, id);
      return [status, code];
    };
    expect(await post(own, undefined)).toEqual([400, 'BAD_REQUEST']);
    expect(await post(own, 'x'.repeat(129))).toEqual([400, 'BAD_REQUEST']);
    expect(await post(own, 'a')).toEqual([202, undefined]);
    expect(await post(own, 'a')).toEqual([409, 'CONFLICT']);
    expect(await post(own, 'b')).toEqual([202, undefined]);
    expect(await post(own, 'c')).toEqual([429, 'LIMIT_EXCEEDED']);
    const unopened = await tTicket(app.url, token);
    expect(await post({ token, ticket: unopened }, 'a')).toEqual([404, 'NOT_FOUND']);
    expect((await endShared(app.url, { token, ticket: unopened }, 'a')).status).toBe(404);
    expect(await post({ token, ticket: 'x' }, 'a')).toEqual([401, 'UNAUTHENTICATED']);
    const luis = await app.token({ sub: 'luis' });
    expect(await post({ token: luis, ticket }, 'd')).toEqual([401, 'UNAUTHENTICATED']);
    expect((await endShared(app.url, { token: luis, ticket }, 'a')).status).toBe(401);
    expect((await openShared(app.url, luis, unopened)).status).toBe(401);
    expect(await app.metric('dispatch_subscriptions')).toBe(2);
  });

  test('one ticket has one stream, and a ticket in the address alone opens none', async () => {
    const app = await tService();
    const token = await app.token();
    const { ticket, stream } = await tSharedStream(app.url, token);
    expect((await openShared(app.url, token, ticket)).status).toBe(401);
    const unopened = await tTicket(app.url, token);
    const alone = await tEventStream(`${app.url}/graphql?token=${unopened}`, {});
    expect(await refusalOf(alone)).toEqual(['UNAUTHENTICATED', undefined]);
    expect([stream.response.destroyed, await app.metric('dispatch_event_streams')]).toEqual([false, 1]);
  });

  test('streams count as connections of their viewer, and their operations as subscriptions', async () => {
    const app = await tService({ MAX_CONNECTIONS_PER_VIEWER: '2', MAX_SUBSCRIPTIONS_PER_VIEWER: '3' });
    const token = await app.token();
    const first = await tSharedStream(app.url, token);
    await tSharedStream(app.url, token);
    const refused = await openShared(app.url, token, await tTicket(app.url, token));
    expect(refused.status).toBe(429);
    for (const id of ['a', 'b', 'c'])
      await postShared(app.url, { token, ticket: first.ticket }, listening, id);
    await live(app, 3);
  });
});

/** Ways to send a body whose header says nothing of its length, or too little. */
const unsaid: Record<string, (body: string) => RequestInit> = {
  compressed: (body) => ({ body: gzipSync(body), headers: { 'content-encoding': 'gzip' } }),
  'in chunks': (body) => ({ body: new Blob([body]).stream(), duplex: 'half' }),
};

test.each(Object.keys(unsaid))('what waits counts as long as it is, however it was sent: %s', async (how) => {
  const most = 30;
  // It stands still, so that nothing has waited for too long.
  const clock = new ManualClock();
  const env = { EVENT_STREAM_TICKETS: 'header', MAX_SUBSCRIPTIONS_PER_VIEWER: String(most) };
  const app = await tApp(env, { clock });
  const token = await app.token();
  const full = await tSharedStream(app.url, token);
  for (const at of range(1, most)) await postShared(app.url, { token, ...full }, listening, String(at));
  await live(app, most);
  const { ticket, stream } = await tSharedStream(app.url, token);
  const waiting = { ...listening, extensions: { more: 'x'.repeat(500_000) } };
  const post = async (operationId: string) => {
    const body = JSON.stringify({ ...waiting, extensions: { ...waiting.extensions, operationId } });
    const { headers, ...sent } = unsaid[how]!(body);
    const own = { authorization: `Bearer ${token}`, 'x-graphql-event-stream-token': ticket };
    const more = { 'content-type': 'application/json', ...own, ...(headers as Record<string, string>) };
    return fetch(`${app.url}/graphql`, { method: 'POST', headers: more, ...sent });
  };
  // Of one viewer 8 MB of texts may wait. Who brings more is turned away with all they have there.
  await Promise.all(range(1, 16).map((at) => post(`large ${at}`)));
  await until('they wait', async () => (await app.metric('dispatch_subscribes_waiting')) === 16);
  await post('large 17');
  await stream.over();
  await until('none waits', async () => (await app.metric('dispatch_subscribes_waiting')) === 0);
  expect(await app.metric('dispatch_turned_away_total{why="subscribe"}')).toBe(1);
});

test('an EventSource opens a shared stream from an address, and comes back to it', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'url' });
  const token = await app.token();
  const ticket = await tTicket(app.url, token);
  const address = `${app.url}/graphql?token=${ticket}`;
  const first = await tEventStream(address, {});
  await first.until(({ place }) => place.id !== undefined);
  const id = randomUUID();
  await postShared(app.url, { token, ticket }, listening, id);
  await live(app, 1);
  await say(app, channel, 1);
  await first.until(({ events }) => events.length === 1);
  expect(await refusalOf(await tEventStream(address, {}))).toEqual(['UNAUTHENTICATED', 'TICKET']);
  const second = await tEventStream(address, { lastEventId: first.place.id });
  await first.over();
  await live(app, 0);
  await say(app, channel, 2);
  await postShared(app.url, { token, ticket }, listening, id);
  await second.until(({ events }) => JSON.stringify(events).includes('"message":"2"'));
});

test('there is none unless it is switched on', async () => {
  const app = await tApp();
  expect((await askForTicket(app.url, await app.token())).status).toBe(405);
  expect((await fetch(`${app.url}/graphql?operationId=a`, { method: 'DELETE' })).status).toBe(405);
});

test('where it is switched on, pages of other origins may use it', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'header', CORS_ORIGIN: 'https://board.example' });
  for (const method of ['PUT', 'GET', 'POST', 'DELETE']) {
    const preflight = await fetch(`${app.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: 'https://board.example', 'access-control-request-method': method },
    });
    expect(preflight.headers.get('access-control-allow-methods')).toContain(method);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-graphql-event-stream-token');
  }
});
