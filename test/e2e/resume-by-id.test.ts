/** A stock client that keeps no cursor goes on where it was when it comes back with the same operation id. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import {
  listen,
  messageBroadcast,
  numbersOf,
  range,
  say,
  tUnawareClient,
  type Message,
} from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const prefix = () => ({ REDIS_PREFIX: `${randomUUID()}:` });

/** The numbers that were shown of an operation on a bare socket. */
const shownOn = ({ messages }: BareSocket, id: string): number[] =>
  messages
    .filter((message) => message['type'] === 'next' && message['id'] === id)
    .map(({ payload }) =>
      Number((payload as { data: { messageBroadcast: Message } }).data.messageBroadcast.message),
    );

function ask(socket: BareSocket, id: string, inChannel = channel): void {
  socket.send({
    id,
    type: 'subscribe',
    payload: { query: messageBroadcast, variables: { channel: inChannel } },
  });
}

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

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
      await until(
        'it has acknowledged',
        async () => (await app.metric('dispatch_acknowledgements_total')) > round,
      );
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
    await until('it has acknowledged', async () => (await app.metric('dispatch_acknowledgements_total')) > 0);
    wire.halfOpen();
    await say(app, channel, 6, 20);
    await shown.until((events) => events.length >= 20);
    expect(numbersOf(shown.events)).toEqual(range(1, 20));
    // The ghost is gone, without anybody having waited for it.
    await until('the ghost is gone', async () => (await app.metric('dispatch_ws_connections')) === 1);
    expect(await app.metric('dispatch_slots_replaced_total')).toBe(1);
    shown.unsubscribe();
  });
});
