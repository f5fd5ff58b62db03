/** A client is told when its token ends: at the beginning, and a minute before; and only then is it sent away. */
import { expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tSocket, type BareSocket } from '../support/graphql-client.ts';
import { renew } from '../support/renewal.ts';

const minuteMs = 60_000;

/** A service whose clock is moved by hand, and a socket with a token of three minutes, with the warnings that it got. */
async function tTimed() {
  const clock = new ManualClock();
  const app = await tApp({}, { clock });
  const warnings: string[] = [];
  const socket: BareSocket = await tSocket(app.wsUrl, {
    onPing(payload) {
      const { tokenExpiresAt } = payload as { tokenExpiresAt?: string };
      if (tokenExpiresAt !== undefined) warnings.push(tokenExpiresAt);
      socket.send({ type: 'pong', payload });
    },
  });
  const begin = async () => {
    socket.send({ type: 'connection_init', payload: { token: await app.token({}, 3 * minuteMs) } });
    const { payload } = await socket.message('connection_ack');
    return (payload as { tokenExpiresAt: string }).tokenExpiresAt;
  };
  return { app, clock, socket, warnings, begin };
}

/** Lets time pass until something has come, as far as it may. */
async function passUntil(clock: ManualClock, isThere: () => boolean, upTo: string): Promise<void> {
  while (!isThere()) {
    if (clock.now() > Date.parse(upTo)) throw new Error('It has not come.');
    await clock.advance(500);
  }
}

const answered = async ({ socket }: { socket: BareSocket }) => {
  const pongs = () => socket.messages.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send({ type: 'ping' });
  await socket.until(() => pongs() > before);
};

test('the acknowledgement says when, a ping warns a minute before, and then comes 4403', async () => {
  const { clock, socket, warnings, begin } = await tTimed();
  const end = await begin();
  expect(Date.parse(end) - clock.now()).toBeGreaterThan(2 * minuteMs);
  await clock.advance(minuteMs);
  await answered({ socket });
  expect(warnings).toEqual([]);
  await passUntil(clock, () => warnings.length > 0, end);
  expect(Date.parse(end) - clock.now()).toBeLessThanOrEqual(minuteMs);
  await answered({ socket });
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  await clock.advance(minuteMs + 2_000);
  expect(await socket.closed()).toMatchObject({ code: 4403 });
  expect(warnings).toEqual([end]);
});

test('who renews in time goes on beyond the end, and is warned again before the next one', async () => {
  const { app, clock, socket, warnings, begin } = await tTimed();
  const end = await begin();
  await passUntil(clock, () => warnings.length === 1, end);
  const { data } = await renew(socket, await app.token({}, 5 * minuteMs));
  const next = data!.renewSession.expiresAt!;
  await clock.advance(2 * minuteMs);
  await answered({ socket });
  expect(clock.now()).toBeGreaterThan(Date.parse(end));
  expect(warnings).toEqual([end]);
  await passUntil(clock, () => warnings.length === 2, next);
  expect(warnings).toEqual([end, next]);
  await clock.advance(2 * minuteMs);
  expect(await socket.closed()).toMatchObject({ code: 4403 });
});

test('a token that ends within the minute is warned of at once', async () => {
  const { app, clock, socket, warnings } = await tTimed();
  socket.send({ type: 'connection_init', payload: { token: await app.token({}, 20_000) } });
  const { payload } = await socket.message('connection_ack');
  const { tokenExpiresAt } = payload as { tokenExpiresAt: string };
  await passUntil(clock, () => warnings.length > 0, tokenExpiresAt);
  expect(warnings).toEqual([tokenExpiresAt]);
});

test('who asks for the time as well has both, and who shows no token here has an acknowledgement without a payload', async () => {
  const app: RunningApp = await tApp();
  const token = await app.token();
  const ackFor = async (payload: unknown, headers = {}) => {
    const socket = await tSocket(app.wsUrl, { headers });
    socket.send({ type: 'connection_init', payload });
    return socket.message('connection_ack');
  };
  expect(await ackFor({ token, time: true })).toEqual({
    type: 'connection_ack',
    payload: { time: expect.any(String), tokenExpiresAt: expect.any(String) },
  });
  expect(await ackFor(undefined, { authorization: `Bearer ${token}` })).toEqual({ type: 'connection_ack' });
});
