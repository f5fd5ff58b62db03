/** A socket goes on with a newer token of its viewer: nothing reconnects, and each stream shows what that token allows. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  createDispatches,
  dispatchesUpdated,
  followedDispatchUpdated,
  fromNow,
  type Update,
} from '../support/operations.ts';
import { tRedis } from '../support/redis.ts';
import { renew, renewByPing } from '../support/renewal.ts';
import { messageBroadcast, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const presenceChanged = 'subscription { presenceChanged { userId } }';

/** What a socket was shown of an operation. */
const shownOn = <T>({ messages }: BareSocket, id: string): T[] =>
  messages
    .filter((message) => message['type'] === 'next' && message['id'] === id)
    .map(({ payload }) => Object.values((payload as { data: Record<string, T> }).data)[0]!);

const numbersOn = (socket: BareSocket, id: string) =>
  shownOn<Message>(socket, id).map(({ message }) => Number(message));

function ask(socket: BareSocket, query: string, variables = {}, id: string = randomUUID()): string {
  socket.send({ id, type: 'subscribe', payload: { query, variables } });
  return id;
}

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

const isOpen = ({ socket }: BareSocket) => socket.readyState === socket.OPEN;

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  async function tService() {
    const app = await tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:` });
    const as = (role: string) => app.token({ role });
    return { app, as, socket: await tAcknowledgedSocket(app.wsUrl, await app.token()) };
  }

  test('again and again while much happens: nothing is missing, and nothing is shown twice', async () => {
    const { app, as, socket } = await tService();
    // Who changed a dispatch is shown to dispatchers alone, so that this stream changes its group each time.
    const board = ask(socket, dispatchesUpdated, await fromNow(app));
    const talk = ask(socket, messageBroadcast, { channel });
    await live(app, 2);
    let isOver = false;
    const storm = Promise.all([createDispatches(app, 300), say(app, channel, 1, 300)]).finally(() => {
      isOver = true;
    });
    let renewals = 0;
    for (; !isOver; renewals += 1) {
      const { errors } = await renew(socket, await as(renewals % 2 === 0 ? 'hospital' : 'dispatcher'));
      expect(errors).toBeUndefined();
    }
    const [ids] = await storm;
    await socket.until(() => shownOn(socket, board).length >= 300 && numbersOn(socket, talk).length >= 300);
    expect(shownOn<Update>(socket, board).map(({ dispatch }) => dispatch.id)).toEqual(ids);
    expect(numbersOn(socket, talk)).toEqual(range(1, 300));
    expect(renewals).toBeGreaterThan(5);
    expect([isOpen(socket), await app.metric('dispatch_ws_connections_closed_total')]).toEqual([true, 0]);
  }, 60_000);

  test('a stream shows less, and then more again, from the moment on at which that is answered', async () => {
    const { app, as, socket } = await tService();
    const board = ask(socket, dispatchesUpdated, await fromNow(app));
    await live(app, 1);
    for (const [at, role] of ['dispatcher', 'hospital', 'hospital', 'dispatcher'].entries()) {
      await renew(socket, await as(role));
      await createDispatch(app);
      await socket.until(() => shownOn(socket, board).length === at + 1);
    }
    expect(shownOn<Update>(socket, board).map(({ actorId }) => actorId)).toEqual(['ana', null, null, 'ana']);
  });

  test('a stream of what they follow goes on with their list, which changes before and after', async () => {
    const { app, as, socket } = await tService();
    const [first, second, third] = await createDispatches(app, 3);
    const follow = (id: string) =>
      app.ask('mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id });
    await follow(first!);
    const followed = ask(socket, followedDispatchUpdated);
    const shown = () =>
      shownOn<Update>(socket, followed).map(({ changeType, dispatch }) => `${changeType} ${dispatch.id}`);
    await socket.until(() => shown().length === 1);
    await follow(second!);
    await socket.until(() => shown().length === 2);
    await renew(socket, await as('hospital'));
    for (const id of [first!, second!, third!]) await assign(app, id);
    await socket.until(() => shown().length === 4);
    await follow(third!);
    await assign(app, third!, 'A-2');
    await socket.until(() => shown().length === 6);
    expect(shown()).toEqual([
      ...[`SNAPSHOT ${first}`, `SNAPSHOT ${second}`, `ASSIGNED ${first}`, `ASSIGNED ${second}`],
      ...[`SNAPSHOT ${third}`, `ASSIGNED ${third}`],
    ]);
  });

  test('a stream that the token does not allow ends alone, with an error, before that is answered', async () => {
    const { app, as, socket } = await tService();
    const presence = ask(socket, presenceChanged);
    const talk = ask(socket, messageBroadcast, { channel });
    await live(app, 2);
    expect(await app.metric('dispatch_slots')).toBe(2);
    await renew(socket, await as('hospital'));
    expect(socket.messages.filter(({ type }) => type === 'error')).toMatchObject([
      { id: presence, payload: [{ extensions: { code: 'FORBIDDEN' } }] },
    ]);
    expect([await app.metric('dispatch_subscriptions'), await app.metric('dispatch_slots')]).toEqual([1, 1]);
    await say(app, channel, 1);
    await socket.until(() => numbersOn(socket, talk).length === 1);
    // Its id is free again, and its place was forgotten.
    await renew(socket, await as('dispatcher'));
    ask(socket, presenceChanged, {}, presence);
    await live(app, 2);
    expect(isOpen(socket)).toBe(true);
  });

  test('a stream that goes on keeps its place: whoever comes back begins behind what they have', async () => {
    const { app, as, socket } = await tService();
    const after = await fromNow(app);
    const board = ask(socket, dispatchesUpdated, after);
    await live(app, 1);
    await createDispatch(app);
    const hospital = await as('hospital');
    await renew(socket, hospital);
    await createDispatch(app);
    await socket.until(() => shownOn(socket, board).length === 2);
    // Each has its ping, so that the second says that both have come.
    await until('they are acknowledged', async () => {
      if ((await app.metric('dispatch_acknowledgements_total')) > 1) return true;
      await createDispatch(app);
      return false;
    });
    socket.socket.terminate();
    await live(app, 0);
    const had = shownOn(socket, board).length;
    const missed = await createDispatch(app);
    const again = await tAcknowledgedSocket(app.wsUrl, hospital);
    ask(again, dispatchesUpdated, after, board);
    await again.until(() => shownOn<Update>(again, board).some(({ dispatch }) => dispatch.id === missed));
    const ids = [...shownOn<Update>(socket, board), ...shownOn<Update>(again, board)].map(({ dispatch }) =>
      Number(dispatch.id),
    );
    expect(ids.slice(0, had)).toEqual(range(1, had));
    expect(ids.at(-1)).toBe(Number(missed));
    expect(shownOn(again, board).length).toBeLessThan(had);
    expect(await app.metric('dispatch_slots_taken_total{outcome="returned"}')).toBe(1);
  });

  test('tokens that are not good, and those of others, are refused, and the one before goes on', async () => {
    const { app, socket } = await tService();
    const talk = ask(socket, messageBroadcast, { channel });
    await live(app, 1);
    const good = await app.token();
    const [head, , signature] = good.split('.');
    const forged = [head, (await app.token({ role: 'admin' })).split('.')[1], signature].join('.');
    const refusals: readonly (readonly [string, object])[] = [
      [await app.token({}, -3_600_000), { code: 'UNAUTHENTICATED', reason: 'EXPIRED' }],
      [forged, { code: 'UNAUTHENTICATED', reason: 'SIGNATURE' }],
      ['no token', { code: 'UNAUTHENTICATED' }],
      ['', { code: 'UNAUTHENTICATED' }],
      [await app.token({ sub: 'berta' }), { code: 'FORBIDDEN', reason: 'OTHER_VIEWER' }],
    ];
    for (const [token, extensions] of refusals) {
      expect(await renew(socket, token)).toMatchObject({ data: null, errors: [{ extensions }] });
      expect(await renewByPing(socket, { token })).toMatchObject({ errors: [{ extensions }] });
    }
    await renew(socket, good);
    const counted = (labels: string) => app.metric(`dispatch_session_renewals_total{${labels}}`);
    expect(await counted('by="mutation",result="refused"')).toBe(refusals.length);
    // What is no token at all is none for a ping either.
    expect(await counted('by="ping",result="refused"')).toBe(refusals.length);
    expect(await counted('by="mutation",result="renewed"')).toBe(1);
    await say(app, channel, 1);
    await socket.until(() => numbersOn(socket, talk).length === 1);
    expect(isOpen(socket)).toBe(true);
  });

  test('by a ping, too, whose payload has the token where the connection parameters have it', async () => {
    const { app, as, socket } = await tService();
    const presence = ask(socket, presenceChanged);
    const board = ask(socket, dispatchesUpdated, await fromNow(app));
    await live(app, 2);
    for (const payload of [
      { token: await app.token() },
      { authorization: `Bearer ${await as('hospital')}` },
    ]) {
      const { data } = await renewByPing(socket, payload);
      expect(Date.parse(data!.renewSession.expiresAt!)).toBeGreaterThan(Date.now());
    }
    expect(socket.messages.filter(({ type }) => type === 'error')).toMatchObject([{ id: presence }]);
    await createDispatch(app);
    await socket.until(() => shownOn(socket, board).length === 1);
    expect(shownOn<Update>(socket, board)).toMatchObject([{ actorId: null }]);
    // What has no token is the protocol's own.
    expect(await renewByPing(socket, { at: 1 })).toEqual({ at: 1 });
  });

  test('of several at once, the one that came last counts', async () => {
    const { app, as, socket } = await tService();
    const board = ask(socket, dispatchesUpdated, await fromNow(app));
    await live(app, 1);
    for (const last of ['hospital', 'dispatcher']) {
      const roles = [...['dispatcher', 'hospital', 'dispatcher', 'hospital'], last];
      const tokens = await Promise.all(roles.map((role) => as(role)));
      await Promise.all(tokens.map((token) => renew(socket, token)));
      await createDispatch(app);
    }
    await socket.until(() => shownOn(socket, board).length === 2);
    expect(shownOn<Update>(socket, board).map(({ actorId }) => actorId)).toEqual([null, 'ana']);
  });

  test('who is here is shown with the role of the newer token, and is here since they came', async () => {
    const { app, as, socket } = await tService();
    const admin = await app.token({ sub: 'root', role: 'admin' });
    const onlineUsers = async () => {
      const { data } = await app.ask<{ onlineUsers: object[] }>(
        '{ onlineUsers { id role connectedAt } }',
        {},
        admin,
      );
      return data!.onlineUsers;
    };
    const before = await until('they are here', async () => (await onlineUsers())[0]);
    await renew(socket, await as('paramedic'));
    await until('they are a paramedic', async () => {
      const [now] = await onlineUsers();
      return (now as { role: string }).role === 'paramedic';
    });
    expect(await onlineUsers()).toEqual([{ ...before, role: 'paramedic' }]);
  });
});

test('as often as any field may be used that is limited, in whatever way', async () => {
  const app = await tApp({ RATE_LIMIT_SCALE: '1' });
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  const token = await app.token();
  for (let time = 0; time < 30; time += 1) {
    expect((await renew(socket, token)).errors).toBeUndefined();
    expect((await renewByPing(socket, { token })).errors).toBeUndefined();
  }
  const limited = { extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) } };
  expect((await renewByPing(socket, { token })).errors).toMatchObject([limited]);
  expect((await renew(socket, token)).errors).toMatchObject([limited]);
});

test('what is just being opened is judged by the token that counts when it begins', async () => {
  await using redis = await tRedis();
  const app = await tApp({ REDIS_URL: redis.url });
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  const hospital = await app.token({ role: 'hospital' });
  // Nothing is opened while Redis stands still, and tokens are verified without it.
  await redis.kill('SIGSTOP');
  const presence = ask(socket, presenceChanged);
  const board = ask(socket, dispatchesUpdated);
  await renew(socket, hospital);
  expect(await app.metric('dispatch_subscriptions')).toBe(0);
  await redis.kill('SIGCONT');
  expect(await socket.message('error', presence)).toMatchObject({
    payload: [{ extensions: { code: 'FORBIDDEN' } }],
  });
  await live(app, 1);
  await createDispatch(app);
  await socket.until(() => shownOn(socket, board).length === 1);
  expect(shownOn<Update>(socket, board)).toMatchObject([{ actorId: null }]);
});
