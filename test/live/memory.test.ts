/** Proves that ten thousand events leave nothing behind in the client package. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { Facts } from '../support/graphql-client.ts';
import { tLive } from '../support/live-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of an event so much would be kept at the least, if it were: its text has 500 characters. */
const eventBytes = 500;

const schema = buildSchema(`
  scalar Cursor
  type Query { none: Int }
  type Message { message: String cursor: Cursor position: String follows: String }
  type Subscription { messageBroadcast(channel: String!, after: Cursor): Message }
`);

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

const positionOf = (at: number) => String(at).padStart(10, '0');

/** What looks like a channel, and is fuller than the service would have it in the time that a test has. */
async function tFullChannel(facts: Facts, allowed: () => number): Promise<string> {
  async function* messageBroadcast() {
    for (let at = 1; ; at += 1) {
      await facts.eventually(() => at <= allowed());
      const message = String(at).padEnd(eventBytes, '.');
      const place = { cursor: `c${at}`, position: positionOf(at), follows: positionOf(at - 1) };
      yield { messageBroadcast: { message, ...place } };
    }
  }
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  useServer({ schema, roots: { subscription: { messageBroadcast } } }, server);
  await once(server, 'listening');
  undos.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('memory is the same after 2,000 events and after 10,000', async () => {
  const facts = new Facts();
  let [allowed, count] = [0, 0];
  const { live } = tLive(await tFullChannel(facts, () => allowed), 'any');
  const text = 'subscription { messageBroadcast(channel: "general") { message } }';
  live.subscribe(
    text,
    {},
    {
      next() {
        count += 1;
        facts.changed();
      },
    },
  );
  const used = async (events: number) => {
    allowed = events;
    facts.changed();
    await facts.eventually(() => count === events);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await used(2_000);
  expect((await used(10_000)) - before).toBeLessThan((8_000 * eventBytes) / 4);
  expect(live.tally.gaps).toBe(0);
}, 240_000);
