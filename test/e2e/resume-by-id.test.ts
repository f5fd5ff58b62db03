/** A stock client that keeps no cursor goes on where it was when it comes back with the same operation id. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import { ask, channel, shownOn } from '../support/listening-socket.ts';
import {
  listen,
  messageBroadcast,
  numbersOf,
  range,
  say,
  tUnawareClient,
  type Message,
} from '../support/unaware-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const prefix = () => ({ REDIS_PREFIX: `${randomUUID()}:` });

const updateIn = (payload: unknown): Update =>
  (payload as { data: { dispatchUpdated: Update } }).data.dispatchUpdated;

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

/** Resolves when the service has taken so many acknowledgements. */
const known = (app: RunningApp, count: number) =>
  until('it is known', async () => (await app.metric('dispatch_acknowledgements_total')) >= count);

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = () => tApp({ ...setUps[setUp]!(), ...prefix() });

  test('misses nothing while its path breaks again and again, and is shown nothing twice that it has acknowledged', async () => {
    const app = await tService();
    const wire = await tCutProxy(app.url);
    const client = tUnawareClient(`ws://${wire.host}/graphql`, await app.token());
    const shown = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 1);
    for (let round = 0; round < 6; round += 1) {
      wire.cut();
      await say(app, channel, 10 * round + 1, 10 * round + 5);
      wire.mend();
      await say(app, channel, 10 * round + 6, 10 * round + 10);
      await shown.until((events) => events.length >= 10 * round + 10);
      await shown.acknowledged();
      await known(app, shown.acknowledgements);
    }
    expect(numbersOf(shown.events)).toEqual(range(1, 60));
    shown.unsubscribe();
    expect(shown.failures).toEqual([]);
  }, 60_000);

  test('misses nothing when the service does not notice that its path has changed', async () => {
    const app = await tService();
    const wire = await tCutProxy(app.url);
    const client = tUnawareClient(`ws://${wire.host}/graphql`, await app.token());
    const shown = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 1);
    await say(app, channel, 1, 5);
    await shown.until((events) => events.length === 5);
    await shown.acknowledged();
    await known(app, shown.acknowledgements);
    wire.halfOpen();
    await say(app, channel, 6, 20);
    await shown.until((events) => events.length >= 20);
    expect(numbersOf(shown.events)).toEqual(range(1, 20));
    // The ghost is gone, without anybody having waited for it.
    await until('the ghost is gone', async () => (await app.metric('dispatch_ws_connections')) === 1);
    expect(await app.metric('dispatch_slots_replaced_total')).toBe(1);
    shown.unsubscribe();
  });

  /** A socket on which an operation has begun. */
  async function tBegun(
    app: RunningApp,
    id: string,
    { token, count = 1 }: { token?: string; count?: number } = {},
  ) {
    const socket = await tAcknowledgedSocket(app.wsUrl, token ?? (await app.token()));
    ask(socket, id);
    await live(app, count);
    return socket;
  }

  test('a ghost of this process gets no frame any more, and is ended without a close frame', async () => {
    const app = await tService();
    const id = randomUUID();
    const ghost = await tBegun(app, id);
    await say(app, channel, 1, 2);
    await ghost.until(() => shownOn(ghost, id).length === 2);
    await ghost.acknowledged();
    const next = await tAcknowledgedSocket(app.wsUrl, await app.token());
    ask(next, id);
    expect(await ghost.closed()).toMatchObject({ code: 1006 });
    await say(app, channel, 3);
    await next.until(() => shownOn(next, id).length === 1);
    expect([shownOn(ghost, id), shownOn(next, id)]).toEqual([[1, 2], [3]]);
    expect(ghost.messages.filter(({ type }) => type === 'complete' || type === 'error')).toEqual([]);
  });

  test('two tabs of one user have two places', async () => {
    const app = await tService();
    const [one, two] = [randomUUID(), randomUUID()];
    const first = await tBegun(app, one);
    const second = await tBegun(app, two, { count: 2 });
    await say(app, channel, 1);
    await Promise.all([
      first.until(() => shownOn(first, one).length === 1),
      second.until(() => shownOn(second, two).length === 1),
    ]);
    await Promise.all([first, second].map((socket) => socket.acknowledged()));
    first.socket.terminate();
    await live(app, 1);
    await say(app, channel, 2);
    const again = await tBegun(app, one, { count: 2 });
    await again.until(() => shownOn(again, one).length === 1);
    await second.until(() => shownOn(second, two).length === 2);
    expect([shownOn(again, one), shownOn(second, two)]).toEqual([[2], [1, 2]]);
    expect(second.socket.readyState).toBe(second.socket.OPEN);
  });

  /** Sends a message, and waits until it is on its way to all who listen now. */
  async function tSaying(app: RunningApp) {
    const witness = await tBegun(app, 'witness');
    return async (number: number) => {
      await say(app, channel, number);
      await witness.until(() => shownOn(witness, 'witness').includes(number));
    };
  }

  test('a client whose pongs have a payload of its own is shown nothing twice', async () => {
    const app = await tService();
    const id = randomUUID();
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token(), {
      onPing: (_payload, own) => own.send({ type: 'pong', payload: { of: 'mine', token: 'x'.repeat(900) } }),
    });
    ask(socket, id);
    await live(app, 1);
    await say(app, channel, 1);
    await known(app, 1);
    socket.socket.terminate();
    await live(app, 0);
    await say(app, channel, 2);
    const back = await tBegun(app, id);
    await back.until(() => shownOn(back, id).length > 0);
    expect(shownOn(back, id)).toEqual([2]);
  });

  test('pongs that nobody has asked for acknowledge nothing: whoever sends such misses nothing', async () => {
    const app = await tService();
    const saying = await tSaying(app);
    const id = randomUUID();
    const socket = await tBegun(app, id, { count: 2 });
    socket.send({ type: 'pong' });
    // What comes from now on is on its way, and so is the ping behind it.
    socket.socket.pause();
    await saying(1);
    socket.send({ type: 'pong' });
    socket.socket.close(4499);
    socket.socket.resume();
    await live(app, 1);
    const back = await tBegun(app, id, { count: 2 });
    await saying(2);
    await back.until(() => shownOn(back, id).includes(2));
    expect(shownOn(back, id)).toEqual([1, 2]);
  });

  test('two users with one id have two places, and neither takes the other one’s', async () => {
    const app = await tService();
    const saying = await tSaying(app);
    const id = randomUUID();
    const ana = await tBegun(app, id, { count: 2 });
    await saying(1);
    const berta = await tBegun(app, id, { token: await app.token({ sub: 'berta' }), count: 3 });
    await saying(2);
    await Promise.all([ana, berta].map((socket) => socket.until(() => shownOn(socket, id).includes(2))));
    expect([shownOn(ana, id), shownOn(berta, id)]).toEqual([[1, 2], [2]]);
    expect(ana.socket.readyState).toBe(ana.socket.OPEN);
    await Promise.all([ana, berta].map((socket) => socket.acknowledged()));
    ana.socket.terminate();
    await live(app, 2);
    await saying(3);
    const thief = await tBegun(app, id, { token: await app.token({ sub: 'carla' }), count: 3 });
    const back = await tBegun(app, id, { count: 4 });
    await back.until(() => shownOn(back, id).length === 1);
    expect([shownOn(back, id), shownOn(thief, id)]).toEqual([[3], []]);
  });

  test('an id that is used again after its end begins anew', async () => {
    const app = await tService();
    const saying = await tSaying(app);
    const id = randomUUID();
    const socket = await tBegun(app, id, { count: 2 });
    await saying(1);
    await socket.until(() => shownOn(socket, id).length === 1);
    socket.send({ id, type: 'complete' });
    await live(app, 1);
    expect(await app.metric('dispatch_slots')).toBe(0);
    await saying(2);
    ask(socket, id);
    await live(app, 2);
    await saying(3);
    await socket.until(() => shownOn(socket, id).length === 2);
    expect(shownOn(socket, id)).toEqual([1, 3]);
  });

  test('a component that is mounted twice leaves one place', async () => {
    const app = await tService();
    const client = tUnawareClient(app.wsUrl, await app.token());
    const first = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 1);
    first.unsubscribe();
    const second = listen<Message>(client, messageBroadcast, { channel });
    await until('one place', async () => (await app.metric('dispatch_slots_taken_total')) === 2);
    await live(app, 1);
    await say(app, channel, 1);
    await second.until((events) => events.length === 1);
    expect([await app.metric('dispatch_slots'), first.events.length]).toEqual([1, 0]);
    second.unsubscribe();
  });

  test('the place counts where the cursor in the variables is older', async () => {
    const app = await tService();
    const dispatchId = await createDispatch(app);
    const id = randomUUID();
    const versionsOn = ({ messages }: BareSocket) =>
      messages.filter(({ type }) => type === 'next').map(({ payload }) => updateIn(payload));
    const watch = async (after?: string) => {
      const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
      const variables = { id: dispatchId, ...(after !== undefined && { after }) };
      socket.send({ id, type: 'subscribe', payload: { query: dispatchUpdated, variables } });
      return socket;
    };
    const first = await watch();
    await first.until(() => versionsOn(first).length === 1);
    const { cursor } = versionsOn(first)[0]!;
    for (const ambulance of ['A-1', 'A-2']) await assign(app, dispatchId, ambulance);
    await first.until(() => versionsOn(first).length === 3);
    await first.acknowledged();
    first.socket.terminate();
    await live(app, 0);
    await assign(app, dispatchId, 'A-3');
    const second = await watch(cursor);
    await second.until(() => versionsOn(second).length === 1);
    expect(versionsOn(second).map(({ changeType, dispatch }) => [changeType, dispatch.version])).toEqual([
      ['ASSIGNED', 4],
    ]);
  });

  test('whoever lost the permission is refused, and has no place any more', async () => {
    const app = await tService();
    const dispatchId = await createDispatch(app);
    const id = randomUUID();
    const watch = async (permissions?: string[]) => {
      const socket = await tAcknowledgedSocket(
        app.wsUrl,
        await app.token(permissions ? { permissions } : {}),
      );
      socket.send({
        id,
        type: 'subscribe',
        payload: { query: dispatchUpdated, variables: { id: dispatchId } },
      });
      return socket;
    };
    const first = await watch();
    await first.message('next', id);
    await first.acknowledged();
    first.socket.terminate();
    await live(app, 0);
    await assign(app, dispatchId);
    const refused = await watch([]);
    expect(await refused.message('error', id)).toMatchObject({
      payload: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    const again = await watch();
    expect(updateIn((await again.message('next', id))['payload'])).toMatchObject({ changeType: 'SNAPSHOT' });
  });

  test.each(['1', 'a'.repeat(63), '6ba7b810-9dad-51d1-80b4-00c04fd430c8'])(
    'the id %s has no place',
    async (id) => {
      const app = await tService();
      const saying = await tSaying(app);
      const first = await tBegun(app, id, { count: 2 });
      first.socket.terminate();
      await live(app, 1);
      await saying(1);
      const second = await tBegun(app, id, { count: 2 });
      await saying(2);
      await second.until(() => shownOn(second, id).length === 1);
      expect(shownOn(second, id)).toEqual([2]);
      expect(await app.metric('dispatch_slots_taken_total')).toBe(0);
    },
  );

  test('a client whose token has expired goes on with a new one', async () => {
    const app = await tService();
    let token = await app.token({}, 1_000);
    const client = tUnawareClient(app.wsUrl, '', { connectionParams: () => ({ token }) });
    const shown = listen<Message>(client, messageBroadcast, { channel });
    await live(app, 1);
    await say(app, channel, 1);
    await shown.until((events) => events.length === 1);
    token = await app.token();
    await until(
      'it was sent away',
      async () => (await app.metric('dispatch_ws_connections_closed_total{code="4403"}')) === 1,
      10_000,
    );
    await say(app, channel, 2, 4);
    await shown.until((events) => events.length >= 4);
    expect(numbersOf(shown.events)).toEqual(range(1, 4));
    shown.unsubscribe();
  }, 20_000);
});

test('an end that was lost on its way ends with the window', async () => {
  const clock = new ManualClock();
  const app = await tApp({ RESUME_WINDOW_MS: '60000' }, { clock });
  const id = randomUUID();
  const begin = async () => {
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    ask(socket, id);
    await live(app, 1);
    return socket;
  };
  const outcome = (name: string) => app.metric(`dispatch_slots_taken_total{outcome="${name}"}`);
  (await begin()).socket.terminate();
  await live(app, 0);
  await clock.advance(59_000);
  (await begin()).socket.terminate();
  await live(app, 0);
  expect([await outcome('new'), await outcome('returned')]).toEqual([1, 1]);
  await clock.advance(60_000);
  await begin();
  expect([await outcome('new'), await outcome('returned')]).toEqual([2, 1]);
});

test('no places are kept where that is switched off', async () => {
  const app = await tApp({ RESUME_WINDOW_MS: '0' });
  const id = randomUUID();
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  ask(socket, id);
  await live(app, 1);
  expect(await app.metric('dispatch_slots_taken_total')).toBe(0);
});
