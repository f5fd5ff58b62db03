/** Proves that a stock client that does nothing for delivery misses nothing, whatever happens to its path and to the processes. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';
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

const tService = tServices();
const channel = 'general';

/** Three processes, and a stock client whose way leads to the first one. */
async function tListening(operationId: () => string = randomUUID) {
  const { servers, redis } = await tService();
  const [first, second, third] = servers as [ServerProcess, ServerProcess, ServerProcess];
  const wire = await tCutProxy(first.url);
  const client = tUnawareClient(`ws://${wire.host}/graphql`, await first.client.token(), {
    generateID: operationId,
  });
  const shown = listen<Message>(client, messageBroadcast, { channel });
  await live(first);
  return { first, second, third, wire, shown, redis };
}

const live = ({ client }: ServerProcess) =>
  until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1);

const acknowledgementsOf = ({ client }: ServerProcess) => client.metric('dispatch_acknowledgements_total');

/** The numbers that came, and how many of them came again. None is before one that came first before it. */
function judge(events: readonly Message[]) {
  const numbers = numbersOf(events);
  const first = [...new Set(numbers)];
  return { first, repeated: numbers.length - first.length };
}

/** Its process is killed, and it comes back to another one. */
async function outliveItsProcess(operationId: () => string) {
  const { first, second, wire, shown } = await tListening(operationId);
  await say(second.client, channel, 1, 50);
  await shown.until((events) => events.length === 50);
  await shown.acknowledged();
  // Of three that wait for each other's acknowledgement one is acknowledged a second later: by the sixth all of that is reported.
  for (let number = 51; number <= 56; number += 1) {
    await say(second.client, channel, number);
    await shown.until((events) => numbersOf(events).includes(number));
    await shown.acknowledged();
  }
  await say(second.client, channel, 57, 60);
  wire.leadTo(second.url);
  await first.kill('SIGKILL');
  await say(second.client, channel, 61, 100);
  await shown.until((events) => new Set(numbersOf(events)).size >= 100);
  const { first: numbers } = judge(shown.events);
  expect(numbers).toEqual(range(1, 100));
  const again = numbersOf(shown.events).filter((number, at, all) => all.indexOf(number) < at);
  expect(again.filter((number) => number <= 50)).toEqual([]);
  shown.unsubscribe();
}

describe('a stock client', () => {
  test('misses none of 300 messages while its path is cut 8 times and silent 7 times, each time to come back elsewhere', async () => {
    const { first, second, third, wire, shown } = await tListening();
    const order = [second, third, first];
    let server = first;
    let said = 0;
    for (let fault = 0; fault < 15; fault += 1) {
      const now = said;
      const [sent, taken] = [shown.acknowledgements, await acknowledgementsOf(server)];
      await say(third.client, channel, now + 1, now + 10);
      await shown.until((events) => numbersOf(events).includes(now + 10));
      await shown.acknowledged();
      const wanted = taken + shown.acknowledgements - sent;
      const acknowledging = server;
      await until('its process knows', async () => (await acknowledgementsOf(acknowledging)) >= wanted);
      server = order[fault % 3]!;
      if (fault % 2 === 1) {
        wire.silence();
        await say(third.client, channel, now + 11, now + 15);
        await sleep(700);
      }
      wire.leadTo(server.url);
      // Of some the service hears nothing: what the client has left behind seems to be alive.
      if (fault % 4 === 1) wire.halfOpen();
      else wire.cut();
      await say(third.client, channel, fault % 2 === 1 ? now + 16 : now + 11, now + 20);
      wire.mend();
      said += 20;
      await shown.until((events) => new Set(numbersOf(events)).size >= said);
    }
    const { first: numbers, repeated } = judge(shown.events);
    expect(numbers).toEqual(range(1, 300));
    expect(shown.failures).toEqual([]);
    // What was acknowledged a second before is not shown again: at most what came since then, each time.
    expect(repeated).toBeLessThanOrEqual(15 * 20);
    shown.unsubscribe();
  }, 180_000);

  test('is shown nothing twice when its process is drained', async () => {
    const { first, second, third, wire, shown } = await tListening();
    const [, ...after] = [first, second, third];
    await say(second.client, channel, 1, 50);
    wire.leadTo(second.url);
    const ended = first.kill('SIGTERM');
    await say(second.client, channel, 51, 100);
    await ended;
    await shown.until((events) => events.length >= 100);
    wire.leadTo(third.url);
    await say(third.client, channel, 101, 120);
    const endedToo = second.kill('SIGTERM');
    await say(third.client, channel, 121, 150);
    await endedToo;
    await shown.until((events) => events.length >= 150);
    expect(after).toHaveLength(2);
    expect(numbersOf(shown.events)).toEqual(range(1, 150));
    shown.unsubscribe();
  }, 120_000);

  test('misses nothing when its process is killed, and is shown again only what was not reported', async () => {
    await outliveItsProcess(randomUUID);
  }, 120_000);

  test('misses nothing when its process is killed, with an id that is a hash of what it asks', async () => {
    await outliveItsProcess(() => randomBytes(32).toString('hex'));
  }, 120_000);

  test('goes on elsewhere while its process stands still, and hears nothing of that one when it wakes', async () => {
    const { first, second, wire, shown } = await tListening();
    await say(second.client, channel, 1, 19);
    await shown.until((events) => events.length === 19);
    await shown.acknowledged();
    await say(second.client, channel, 20);
    await shown.until((events) => numbersOf(events).includes(20));
    await shown.acknowledged();
    first.signal('SIGSTOP');
    wire.leadTo(second.url);
    wire.halfOpen();
    await live(second);
    await say(second.client, channel, 21, 40);
    await shown.until((events) => new Set(numbersOf(events)).size >= 40);
    first.signal('SIGCONT');
    await until(
      'it has let go',
      async () => (await first.client.metric('dispatch_slots_replaced_total')) === 1,
    );
    await live(second);
    await say(second.client, channel, 41, 60);
    await shown.until((events) => new Set(numbersOf(events)).size >= 60);
    // What the frozen one would have written is not where it would go on.
    wire.cut();
    await say(second.client, channel, 61, 70);
    wire.mend();
    await shown.until((events) => new Set(numbersOf(events)).size >= 70);
    expect(judge(shown.events).first).toEqual(range(1, 70));
    expect(numbersOf(shown.events).filter((number) => number === 1)).toEqual([1]);
    expect(shown.failures).toEqual([]);
    shown.unsubscribe();
  }, 120_000);
});
