/** Proves that a router gets what was missed in portions over a WebSocket, which it has room for, and a client all of it. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket, type BareSocketOptions } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchesUpdated, fromNow } from '../support/operations.ts';

const missed = 80;

/** How many events came at each ping, and how many in the end. */
async function readAll(answer: NonNullable<BareSocketOptions['onPing']>): Promise<readonly number[]> {
  const app = await tApp();
  const variables = await fromNow(app);
  const id = await createDispatch(app);
  for (let count = 1; count < missed; count += 1) await assign(app, id, `A-${count}`);
  const counts: number[] = [];
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token(), {
    onPing(payload, one) {
      counts.push(one.messages.filter(({ type }) => type === 'next').length);
      answer(payload, one);
    },
  });
  socket.send({ type: 'subscribe', id: 'one', payload: { query: dispatchesUpdated, variables } });
  const shown = () => socket.messages.filter(({ type }) => type === 'next').length;
  await socket.until(() => shown() === missed);
  return [...counts, shown()];
}

const largest = (counts: readonly number[]) =>
  Math.max(...counts.map((count, at) => count - (counts[at - 1] ?? 0)));

test('whose pongs are empty gets no more than 16 before each', async () => {
  const counts = await readAll((_, socket) => socket.send({ type: 'pong' }));
  expect(largest(counts)).toBe(16);
});

test('whose pongs have the payload of the pings gets the rest at once', async () => {
  const counts = await readAll((payload, socket) => socket.send({ type: 'pong', payload }));
  expect(counts[0]).toBeLessThanOrEqual(16);
  expect(largest(counts)).toBeGreaterThan(16);
});
