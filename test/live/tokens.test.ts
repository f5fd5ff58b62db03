/** Proves that the client package renews its tokens in place, asks for others, and says when there is none. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tLive, watch } from '../support/live-client.ts';
import { createDispatch, move } from '../support/operations.ts';
import { messageBroadcast, numbersOf, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const general = { channel: 'general' };

test('goes on beyond the end of tokens that live for eight seconds, on the same connection', async () => {
  // By the time of the service no token ends before the next one is there, however slow the machine is.
  const clock = new ManualClock();
  const app = await tApp({ KEEP_ALIVE_MS: '300000' }, { clock });
  let asked = 0;
  const token = () => {
    asked += 1;
    return app.token({}, 8_000);
  };
  const { live, states } = tLive(app.url, token);
  const { events, until: shown } = watch<Message>(live, messageBroadcast, general);
  await until('it listens', async () => (await app.metric('dispatch_subscriptions')) === 1);
  await say(app, 'general', 1);
  // Whoever asks for the next one has had the answer to the one before.
  for (let round = 1; round <= 5; round += 1) {
    const before = asked;
    await until('another one is asked for', () => asked > before, 50_000);
    await clock.advance(3_000);
  }
  await say(app, 'general', 2);
  await shown(({ length }) => length === 2);
  expect(numbersOf(events)).toEqual([1, 2]);
  expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live']);
  expect(await app.metric('dispatch_ws_connections_closed_total')).toBe(0);
}, 240_000);

test('stops where there is no good token, says why, and begins when it is given one', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const given = ['bad', await app.token()];
  const refused: (string | null)[] = [];
  let at = 0;
  const { live, went } = tLive(app.url, (old) => {
    refused.push(old);
    return given[at]!;
  });
  const { events, until: shown } = watch(
    live,
    'subscription ($id: ID!) { dispatchUpdated(id: $id) { changeType } }',
    {
      id,
    },
  );
  await went('connecting', 'stopped');
  expect(live.state).toMatchObject({ reason: expect.stringMatching(/token/i), closeCode: 4401 });
  await expect(live.request('{ despachos { id } }', {})).rejects.toThrow(/token/i);
  at = 1;
  live.restart();
  await shown(({ length }) => length === 1);
  expect(live.state).toEqual({ kind: 'live', attempts: 0, reason: null, closeCode: null });
  expect(events).toMatchObject([{ changeType: 'SNAPSHOT' }]);
  expect(refused.slice(0, 2)).toEqual([null, 'bad']);
});

test('takes another token by itself where the first one was no good', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const good = await app.token();
  const { live } = tLive(app.url, (refused) => (refused === null ? 'bad' : good));
  const { until: shown } = watch(
    live,
    'subscription ($id: ID!) { dispatchUpdated(id: $id) { changeType } }',
    { id },
  );
  await shown(({ length }) => length === 1);
  await move(app, id, 'CANCELADO');
  await shown(({ length }) => length === 2);
});

test('stops when an admin has thrown the user out, and does not ask for ever', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const token = await app.token();
  const { live, went } = tLive(app.url, token);
  const { until: shown } = watch(
    live,
    'subscription ($id: ID!) { dispatchUpdated(id: $id) { changeType } }',
    { id },
  );
  await shown(({ length }) => length === 1);
  const admin = await app.token({ sub: 'root', role: 'admin' });
  await app.ask('mutation { endSession(userId: "ana", reason: "test") { userId } }', {}, admin);
  await went('live', 'stopped');
  expect(live.state.reason).toMatch(/session/i);
});

test('stops when the only token that it has is over, and says so', async () => {
  const clock = new ManualClock();
  const app = await tApp({ KEEP_ALIVE_MS: '300000' }, { clock });
  const { live, went } = tLive(app.url, await app.token({}, 8_000));
  watch(live, messageBroadcast, general);
  await until('it listens', async () => (await app.metric('dispatch_subscriptions')) === 1);
  await clock.advance(60_000);
  await went('live', 'stopped');
  expect(live.state).toMatchObject({ reason: expect.stringMatching(/expired/i), closeCode: 4403 });
});

test('goes on when the app has a token again, however often it had none', async () => {
  const app = await tApp();
  const token = await app.token();
  let asked = 0;
  const { live, states } = tLive(app.url, () => {
    asked += 1;
    if (asked <= 3) throw new Error('Nobody is signed in yet.');
    return token;
  });
  await expect(live.request('{ despachos { id } }', {})).resolves.toEqual({ despachos: [] });
  expect(states.map(({ kind }) => kind)).not.toContain('stopped');
});
