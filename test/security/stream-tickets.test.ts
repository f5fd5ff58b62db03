/** Proves what a ticket opens: one event stream, of one page, for as long as its token is good, and nothing else. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import type { BareEventStream } from '../support/event-stream.ts';
import { tSocket } from '../support/graphql-client.ts';
import { send } from '../support/http.ts';
import { tLogLines } from '../support/log-lines.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { askForTicket, openWithTicket, pageAt, refusalOf, tTicket } from '../support/stream-tickets.ts';
import { messageBroadcast, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const channel = 'general';
const listening = { query: messageBroadcast, variables: { channel } };
const withTickets = { EVENT_STREAM_TICKETS: 'url' };
const page = pageAt('https://board.example');

const numbersOf = ({ events }: BareEventStream) =>
  events.map(({ data }) =>
    Number((data as { data: { messageBroadcast: Message } }).data.messageBroadcast.message),
  );
const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);
const refused = ['UNAUTHENTICATED', 'TICKET'];

test('there are none unless they are switched on', async () => {
  const app = await tApp();
  expect((await askForTicket(app.url, await app.token())).status).toBe(405);
});

test('nginx.conf keeps no addresses', () => {
  const configuration = readFileSync(new URL('../../nginx.conf', import.meta.url), 'utf8');
  expect(configuration.match(/^ *access_log .*$/gm)).toEqual(['  access_log off;']);
});

describe('a ticket', () => {
  test('is given for a good token alone, and no cache keeps it', async () => {
    const app = await tApp(withTickets);
    const given = await askForTicket(app.url, await app.token());
    expect([given.status, given.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(await given.text()).toMatch(/^[\w-]{100,2000}$/);
    expect((await askForTicket(app.url, null)).status).toBe(401);
    expect((await askForTicket(app.url, `${await app.token()}x`)).status).toBe(401);
    expect((await askForTicket(app.url, await app.token({ name: 'n'.repeat(5_000) }))).status).toBe(401);
  });

  test('is not given for another ticket', async () => {
    const app = await tApp(withTickets);
    const ticket = await tTicket(app.url, await app.token());
    expect((await askForTicket(app.url, ticket)).status).toBe(401);
    expect((await fetch(`${app.url}/graphql?token=${ticket}`, { method: 'PUT' })).status).toBe(401);
  });

  test('opens one stream: a second one is refused, and the first one goes on', async () => {
    const app = await tApp(withTickets);
    const ticket = await tTicket(app.url, await app.token());
    const first = await openWithTicket(app.url, ticket, listening);
    await live(app, 1);
    expect(await refusalOf(await openWithTicket(app.url, ticket, listening))).toEqual(refused);
    await say(app, channel, 1);
    await first.until(() => numbersOf(first).length === 1);
    first.response.destroy();
    await live(app, 0);
    expect(await refusalOf(await openWithTicket(app.url, ticket, listening))).toEqual(refused);
  });

  test('serves the reconnects of its own stream, each of which ends the one before', async () => {
    const app = await tApp(withTickets);
    const ticket = await tTicket(app.url, await app.token());
    const first = await openWithTicket(app.url, ticket, listening);
    await live(app, 1);
    await say(app, channel, 1, 2);
    await first.until(() => numbersOf(first).length === 2);
    const second = await openWithTicket(app.url, ticket, { ...listening, lastEventId: first.place.id });
    await first.over();
    await live(app, 1);
    await say(app, channel, 3);
    await second.until(() => numbersOf(second).length === 1);
    expect([numbersOf(first), numbersOf(second)]).toEqual([[1, 2], [3]]);
  });

  test('serves a reconnect of whoever has read no event yet', async () => {
    const app = await tApp(withTickets);
    const ticket = await tTicket(app.url, await app.token());
    const first = await openWithTicket(app.url, ticket, listening);
    await first.until(() => first.place.id !== undefined);
    first.response.destroy();
    await live(app, 0);
    await say(app, channel, 1);
    const second = await openWithTicket(app.url, ticket, { ...listening, lastEventId: first.place.id });
    await second.until(() => numbersOf(second).length === 1);
  });

  test('goes on where it was after it was refused for a while', async () => {
    const app = await tApp({ ...withTickets, MAX_SUBSCRIPTIONS_PER_VIEWER: '1' });
    const token = await app.token();
    const [ticket, other] = [await tTicket(app.url, token), await tTicket(app.url, token)];
    const first = await openWithTicket(app.url, ticket, listening);
    await live(app, 1);
    await say(app, channel, 1);
    await first.until(() => numbersOf(first).length === 1);
    first.response.destroy();
    await live(app, 0);
    const holder = await openWithTicket(app.url, other, listening);
    await live(app, 1);
    await say(app, channel, 2);
    const refused = await openWithTicket(app.url, ticket, { ...listening, lastEventId: first.place.id });
    await refused.over();
    holder.response.destroy();
    await live(app, 0);
    // An EventSource keeps the last id that it was told.
    const lastEventId = refused.place.id ?? first.place.id;
    const second = await openWithTicket(app.url, ticket, { ...listening, lastEventId });
    await second.until(() => numbersOf(second).length > 0);
    expect([numbersOf(refused), numbersOf(second)]).toEqual([[], [2]]);
  });

  test('takes nothing but what its own stream has said, and for the same operation', async () => {
    const app = await tApp(withTickets);
    const token = await app.token();
    const [own, others] = [await tTicket(app.url, token), await tTicket(app.url, token)];
    const first = await openWithTicket(app.url, own, listening);
    const second = await openWithTicket(app.url, others, listening);
    await live(app, 2);
    await say(app, channel, 1);
    await Promise.all([first, second].map((stream) => stream.until(() => numbersOf(stream).length === 1)));
    const [ownId, otherId] = [first.place.id!, second.place.id!];
    const cursor = ownId.split('~')[1]!;
    for (const lastEventId of [otherId, cursor, `~${cursor}`, `${'A'.repeat(16)}~${cursor}`, 'x'])
      expect(await refusalOf(await openWithTicket(app.url, own, { ...listening, lastEventId }))).toEqual(
        refused,
      );
    const other = { query: messageBroadcast, variables: { channel: 'other' }, lastEventId: ownId };
    expect(await refusalOf(await openWithTicket(app.url, own, other))).toEqual(refused);
    expect([first.response.destroyed, await app.metric('dispatch_subscriptions')]).toEqual([false, 2]);
  });

  test('is good for the page that it was given to', async () => {
    const app = await tApp(withTickets);
    const token = await app.token();
    const ticket = await tTicket(app.url, token, page);
    for (const elsewhere of [pageAt('https://evil.example'), { 'sec-fetch-site': 'same-origin' }, {}])
      expect(
        await refusalOf(await openWithTicket(app.url, ticket, { ...listening, page: elsewhere })),
      ).toEqual(refused);
    const stream = await openWithTicket(app.url, ticket, { ...listening, page });
    await live(app, 1);
    const stolen = { ...listening, page: pageAt('https://evil.example'), lastEventId: stream.place.id };
    expect(await refusalOf(await openWithTicket(app.url, ticket, stolen))).toEqual(refused);
  });

  test('opens nothing when it was not used in time, or was changed', async () => {
    const clock = new ManualClock();
    const app = await tApp(withTickets, { clock });
    const ticket = await tTicket(app.url, await app.token({}, 3_600_000));
    const changed = `${ticket.slice(0, 60)}${ticket[60] === 'A' ? 'B' : 'A'}${ticket.slice(61)}`;
    for (const wrong of [changed, ticket.slice(0, -8), 'x', 'A'.repeat(9_000)])
      expect(await refusalOf(await openWithTicket(app.url, wrong, listening))).toEqual(refused);
    await clock.advance(60_000);
    expect(await refusalOf(await openWithTicket(app.url, ticket, listening))).toEqual(refused);
  });

  test('ends with its token', async () => {
    const clock = new ManualClock();
    const app = await tApp(withTickets, { clock });
    const ticket = await tTicket(app.url, await app.token({}, 60_000));
    const first = await openWithTicket(app.url, ticket, listening);
    await live(app, 1);
    await first.until(() => first.place.id !== undefined);
    await clock.advance(90_000);
    await first.over();
    const again = await openWithTicket(app.url, ticket, { ...listening, lastEventId: first.place.id });
    expect(await refusalOf(again)).toEqual(['UNAUTHENTICATED', 'EXPIRED']);
  });

  test('allows what its viewer may do, and says of no other request who asks', async () => {
    const app = await tApp(withTickets);
    const powerless = await tTicket(app.url, await app.token({ permissions: [] }));
    const board = { query: 'subscription { dispatchesUpdated { cursor } }' };
    const refusedFor = await refusalOf(await openWithTicket(app.url, powerless, board));
    expect(refusedFor).toEqual(['FORBIDDEN', undefined]);
    const ticket = await tTicket(app.url, await app.token());
    const address = `${app.url}/graphql?token=${ticket}`;
    const query = '{ despachos { id } }';
    for (const accept of ['application/json', '*/*', 'text/event-stream, application/json'])
      expect((await send(`${address}&query=${query}`, { headers: { accept } })).text).toContain(
        'UNAUTHENTICATED',
      );
    const headers = { 'content-type': 'application/json' };
    const posted = await send(address, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(posted.code).toBe('UNAUTHENTICATED');
    const bearer = await send(`${app.url}/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${ticket}` },
    });
    expect(bearer.code).toBe('UNAUTHENTICATED');
    const socket = await tSocket(`${app.wsUrl}?token=${ticket}`);
    socket.send({ type: 'connection_init', payload: { token: ticket } });
    expect(await socket.closed()).toMatchObject({ code: 4401 });
    // It is as good as before.
    await openWithTicket(app.url, ticket, listening);
    await live(app, 1);
  });

  test('is in no line of the log, and neither is its token', async () => {
    const logged = tLogLines();
    logged.log.level = 'trace';
    const app = await tApp(withTickets, logged);
    const token = await app.token();
    const ticket = await tTicket(app.url, token, page);
    const stream = await openWithTicket(app.url, ticket, { ...listening, page });
    await live(app, 1);
    for (const elsewhere of [page, {}])
      await refusalOf(await openWithTicket(app.url, ticket, { ...listening, page: elsewhere }));
    await send(`${app.url}/graphql?token=${ticket}`);
    await send(`${app.url}/nowhere?token=${ticket}`);
    stream.response.destroy();
    await live(app, 0);
    await app.close();
    const printed = JSON.stringify(logged.lines);
    expect(printed).toContain('UNAUTHENTICATED');
    for (const hidden of [ticket, token, ticket.slice(0, 40)]) expect(printed).not.toContain(hidden);
  });
});

describe('over several processes', () => {
  let redis: TestRedis;
  let postgres: TestPostgres;
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([tRedis(), tPostgres()]);
  });
  afterAll(async () => {
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  async function tTwo(): Promise<readonly [RunningApp, RunningApp]> {
    const stores = { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() };
    const env = { ...withTickets, ...stores, REDIS_PREFIX: `${randomUUID()}:` };
    return [await tApp(env), await tApp(env)];
  }

  test('a ticket opens one stream, also when Redis was lost', async () => {
    const [one, other] = await tTwo();
    const ticket = await tTicket(one.url, await one.token());
    const first = await openWithTicket(other.url, ticket, listening);
    await live(other, 1);
    expect(await refusalOf(await openWithTicket(one.url, ticket, listening))).toEqual(refused);
    await redis.client.flushall();
    expect(await refusalOf(await openWithTicket(one.url, ticket, listening))).toEqual(refused);
    await first.until(() => first.place.id !== undefined);
    const second = await openWithTicket(one.url, ticket, { ...listening, lastEventId: first.place.id });
    await live(one, 1);
    await say(one, channel, 1);
    await second.until(() => numbersOf(second).includes(1));
  });

  test('nothing is kept of a thousand that nobody uses', async () => {
    const [one] = await tTwo();
    const keys = async () => (await redis.client.keys('*')).length;
    const before = await keys();
    const token = await one.token();
    const given = await Promise.all(Array.from({ length: 1_000 }, () => tTicket(one.url, token)));
    expect(new Set(given).size).toBe(1_000);
    // Of other things there may be a few keys more.
    expect(await keys()).toBeLessThan(before + 100);
  });

  test('a reconnect on another process ends the stream before, and nothing of a ticket is left behind', async () => {
    const [one, other] = await tTwo();
    const ticket = await tTicket(one.url, await one.token());
    const first = await openWithTicket(one.url, ticket, listening);
    await live(one, 1);
    await say(other, channel, 1);
    await first.until(() => numbersOf(first).length === 1);
    const second = await openWithTicket(other.url, ticket, { ...listening, lastEventId: first.place.id });
    await first.over();
    await live(one, 0);
    await say(one, channel, 2);
    await second.until(() => numbersOf(second).length === 1);
    expect([numbersOf(first), numbersOf(second)]).toEqual([[1], [2]]);
    await Promise.all([one.close(), other.close()]);
    const { persistentKeys, channels } = await redis.leftovers();
    expect([persistentKeys, channels]).toEqual([[], []]);
    for (const key of await redis.client.keys('*')) expect(key).not.toContain(ticket.slice(0, 20));
  });
});
