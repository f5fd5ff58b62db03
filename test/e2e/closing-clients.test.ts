/** A client that closes its socket itself, with whatever code, comes back to its place, and to what it had not read. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { ask, channel, shownOn } from '../support/listening-socket.ts';
import { say } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

/** A socket that has had the first message, and of which that is known, beside another one that says when a message was sent. */
async function tListening(app: RunningApp, { ttlMs = 3_600_000 } = {}) {
  const witness = await tAcknowledgedSocket(app.wsUrl, await app.token({ sub: 'berta' }));
  ask(witness, 'witness');
  await live(app, 1);
  const saying = async (number: number) => {
    await say(app, channel, number);
    await witness.until(() => shownOn(witness, 'witness').includes(number));
  };
  const id = randomUUID();
  const come = async (token?: string) => {
    const socket = await tAcknowledgedSocket(app.wsUrl, token ?? (await app.token()));
    ask(socket, id);
    await live(app, 2);
    return socket;
  };
  const first = await come(await app.token({}, ttlMs));
  await saying(1);
  await first.until(() => shownOn(first, id).length === 1);
  await first.acknowledged();
  const back = async () => {
    await live(app, 1);
    const socket = await come();
    await saying(9);
    await socket.until(() => shownOn(socket, id).includes(9));
    return shownOn(socket, id);
  };
  return { first, saying, back };
}

// Apollo Kotlin says 1000 when it is to take a new token, graphql-ws 4499 when it is terminated; a browser 1001, which nobody can send here.
test.each([1000, 3000, 4408, 4499, undefined])('closed by its client with %s', async (code) => {
  const app = await tApp();
  const { first, saying, back } = await tListening(app);
  first.socket.close(code);
  await live(app, 1);
  await saying(2);
  expect(await back()).toEqual([2, 9]);
});

const ttlMs = 30_000;
/** After its end the service has closed the socket, and has not given up to wait for an answer. */
const noticedMs = 2_000;
/** Whoever does not answer in the meantime is not taken for dead. */
const patient = { KEEP_ALIVE_MS: '50000' };

test('closed by both at the same time, what was on its way is shown again: the one close frame does not answer the other', async () => {
  const clock = new ManualClock();
  const app = await tApp(patient, { clock });
  const { first, saying, back } = await tListening(app, { ttlMs });
  first.socket.pause();
  await saying(2);
  await clock.advance(ttlMs + noticedMs);
  first.socket.close(4499);
  first.socket.resume();
  expect(await back()).toEqual([2, 9]);
});

test('closed by its client, which does not leave, until its token has expired', async () => {
  const clock = new ManualClock();
  const app = await tApp(patient, { clock });
  const { first, saying, back } = await tListening(app, { ttlMs });
  first.socket.pause();
  await saying(2);
  first.socket.close(4499);
  await clock.advance(ttlMs + noticedMs);
  first.socket.terminate();
  expect(await back()).toEqual([2, 9]);
});
