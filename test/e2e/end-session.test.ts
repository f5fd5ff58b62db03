/** An admin throws a user out: what is open ends on every transport, and older tokens are refused on each. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventSource } from '../support/event-source.ts';
import { tEventClient, tEventStream } from '../support/event-stream.ts';
import { subscribe, tAcknowledgedSocket, tSocket } from '../support/graphql-client.ts';
import { adminOf, end, secretEnv, tokenOf } from '../support/session-ends.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';
import { listen, messageBroadcast, say, tUnawareClient, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const variables = { channel };
const ended = { code: 'UNAUTHENTICATED', reason: 'SESSION_ENDED' };
const oldToken = (sub = 'eva') => tokenOf(sub, -10);

const streamUrl = (app: RunningApp) =>
  `${app.url}/graphql?${new URLSearchParams({ query: messageBroadcast, variables: JSON.stringify(variables) })}`;

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = (env: Record<string, string> = {}) =>
    tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:`, ...secretEnv, ...env });

  test('WebSockets are closed with 4401, and a stock client that always comes back does not', async () => {
    const app = await tService();
    let connected = 0;
    const client = tUnawareClient(app.wsUrl, await oldToken(), {
      on: { connecting: () => (connected += 1) },
    });
    const shown = listen<Message>(client, messageBroadcast, variables);
    const other = listen<Message>(
      tUnawareClient(app.wsUrl, await oldToken('bob')),
      messageBroadcast,
      variables,
    );
    await live(app, 2);
    expect(await end(app, 'eva')).toMatchObject({ endedConnections: 1, isComplete: true });
    await until('the client gives up', () => shown.failures.length > 0);
    expect(shown.failures).toEqual([expect.objectContaining({ code: 4401 })]);
    expect(connected).toBe(1);
    // Nobody else notices.
    await say(app, channel, 1);
    await other.until((events) => events.length === 1);
    expect(shown.events).toEqual([]);
    other.unsubscribe();
    expect(await app.metric('dispatch_sessions_ended_total')).toBe(1);
  });

  test('event streams say why they end, and an EventSource does not come back', async () => {
    const app = await tService();
    const source = tEventSource<{ messageBroadcast: Message }>(streamUrl(app), await oldToken());
    const stock = subscribe<Message>(
      tEventClient(app.url, await oldToken(), { retryAttempts: 5 }),
      messageBroadcast,
      {
        ...variables,
      },
    );
    await live(app, 2);
    expect(await end(app, 'eva')).toMatchObject({ endedConnections: 2 });
    await until('the source is over', () => source.isOver);
    await stock.ended();
    expect(stock.failures).toEqual([expect.objectContaining({ extensions: ended })]);
    expect(source.opened).toBe(1);
    const again = await tEventStream(streamUrl(app), { token: await oldToken(), lastEventId: 'complete' });
    expect(again.status).toBe(204);
  });

  test('callbacks end, and their routers are told why', async () => {
    const router = await tCallbackRouter();
    const app = await tService({ CALLBACK_ORIGINS: router.origin });
    const { id } = await router.ask(app.url, { token: await oldToken(), query: messageBroadcast, variables });
    await live(app, 1);
    await end(app, 'eva');
    await router.until(() => router.of(id, 'complete').length === 1);
    expect(router.of(id, 'complete')[0]!.body['errors']).toEqual([
      expect.objectContaining({ extensions: ended }),
    ]);
    const again = await router.ask(app.url, { token: await oldToken(), query: messageBroadcast, variables });
    expect(again.json.errors?.[0]?.extensions).toMatchObject(ended);
    expect(await app.metric('dispatch_callbacks')).toBe(0);
  });

  test('what is just being opened is refused as well', async () => {
    const router = await tCallbackRouter();
    const app = await tService({ CALLBACK_ORIGINS: router.origin });
    const confirmed = Promise.withResolvers<number>();
    router.answers.push(confirmed.promise);
    const asking = router.ask(app.url, { token: await oldToken(), query: messageBroadcast, variables });
    await router.until(() => router.messages.length === 1);
    expect(await end(app, 'eva')).toMatchObject({ endedConnections: 0 });
    confirmed.resolve(204);
    const { json } = await asking;
    expect(json.errors?.[0]?.extensions).toMatchObject(ended);
    await live(app, 0);
  });

  test('tokens from before are refused on every transport, those without a date too; newer ones are not, nor those of others', async () => {
    const app = await tService();
    await end(app, 'eva');
    const isLetIn = async (token: string) => {
      const http = await app.ask('{ despachos { id } }', {}, token);
      const socket = await tSocket(app.wsUrl);
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
      await socket.until(() => socket.messages.length > 0).catch(() => {});
      const stream = await tEventStream(`${app.url}/graphql`, {
        token,
        body: { query: messageBroadcast, variables },
      });
      const isAcknowledged = socket.messages.length > 0;
      if (!isAcknowledged) expect((await socket.closed()).code).toBe(4401);
      if (http.status !== 200) expect(http.errors?.[0]?.extensions).toMatchObject(ended);
      return [http.status, isAcknowledged, stream.status];
    };
    const refused = [401, false, 401];
    expect(await isLetIn(await oldToken())).toEqual(refused);
    expect(await isLetIn(await tokenOf('eva', null))).toEqual(refused);
    expect(await isLetIn(await tokenOf('eva', 2))).toEqual([200, true, 200]);
    expect(await isLetIn(await oldToken('bob'))).toEqual([200, true, 200]);
    expect(await isLetIn(await tokenOf('bob', null))).toEqual([200, true, 200]);
  });

  test('whoever comes in again with a newer token begins anew: no place was kept for them', async () => {
    const app = await tService();
    const id = randomUUID();
    const ask = { id, type: 'subscribe', payload: { query: messageBroadcast, variables } };
    const gone = await tAcknowledgedSocket(app.wsUrl, await oldToken());
    gone.send(ask);
    await live(app, 1);
    await say(app, channel, 1);
    await gone.message('next', id);
    await until('it is acknowledged', async () => (await app.metric('dispatch_acknowledgements_total')) > 0);
    // A place that nobody holds.
    gone.socket.terminate();
    await live(app, 0);
    await say(app, channel, 2);
    await end(app, 'eva');
    const back = await tAcknowledgedSocket(app.wsUrl, await tokenOf('eva', 2));
    back.send(ask);
    await live(app, 1);
    await say(app, channel, 3);
    await back.message('next', id);
    expect(back.messages.filter(({ type }) => type === 'next').map(({ payload }) => payload)).toEqual([
      { data: { messageBroadcast: { message: '3' } } },
    ]);
  });

  test('they are let in again with their old token when the end is taken back', async () => {
    const app = await tService();
    await end(app, 'eva');
    const token = await oldToken();
    expect((await app.ask('{ despachos { id } }', {}, token)).status).toBe(401);
    const readmit = 'mutation { readmitUser(userId: "eva", reason: "It was found.") { endedAt } }';
    expect((await app.ask(readmit, {}, await adminOf(app))).data).toEqual({ readmitUser: { endedAt: null } });
    expect((await app.ask('{ despachos { id } }', {}, token)).status).toBe(200);
  });

  test('only admins may, and an admin may end their own', async () => {
    const app = await tService();
    for (const role of ['dispatcher', 'system', 'doctor']) {
      const token = await tokenOf('bob', -10, role);
      const { errors } = await app.ask(
        'mutation { endSession(userId: "eva", reason: "x") { endedAt } }',
        {},
        token,
      );
      expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    }
    expect((await app.ask('{ despachos { id } }', {}, await oldToken())).status).toBe(200);
    // The same token: a new one of the next second would be good again.
    const admin = await adminOf(app);
    await end(app, 'root', admin);
    await expect(end(app, 'eva', admin)).rejects.toThrow('SESSION_ENDED');
  });
});

test('the embedded database remembers it across a restart', async () => {
  const env = { ...secretEnv, DATA_DIR: tTemporaryFolder() };
  const first = await tApp(env);
  await end(first, 'eva');
  await first.close();
  const second = await tApp(env);
  expect((await second.ask('{ despachos { id } }', {}, await oldToken())).status).toBe(401);
  expect((await second.ask('{ despachos { id } }', {}, await tokenOf('eva', 2))).status).toBe(200);
  await second.close();
});
