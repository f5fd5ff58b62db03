/** Proves that a stock client misses nothing where a single process, or its whole machine, sleeps for longer than places live. */
import { expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tServerProcess } from '../support/server-process.ts';
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

const channel = 'general';
const windowMs = 1_000;

/** A client that has seen five messages, of a process that has just gone to sleep. */
async function tAsleep() {
  const server = await tServerProcess({ RESUME_WINDOW_MS: String(windowMs) });
  const way = await tCutProxy(server.url);
  const client = tUnawareClient(`ws://${way.host}/graphql`, await server.client.token());
  const shown = listen<Message>(client, messageBroadcast, { channel });
  await until('it is live', async () => (await server.client.metric('dispatch_subscriptions')) === 1);
  await say(server.client, channel, 1, 5);
  await shown.until((events) => events.length === 5);
  await shown.acknowledged();
  server.signal('SIGSTOP');
  const sleptAt = performance.now();
  const wake = async () => {
    await until('places would have ended', () => performance.now() - sleptAt > 3 * windowMs);
    server.signal('SIGCONT');
  };
  return { server, way, shown, wake };
}

async function expectNothingMissed({ server, shown }: Awaited<ReturnType<typeof tAsleep>>) {
  await say(server.client, channel, 9);
  await shown.until((events) => numbersOf(events).includes(9));
  expect([...new Set(numbersOf(shown.events))]).toEqual(range(1, 9));
  expect(shown.failures).toEqual([]);
  shown.unsubscribe();
}

test('and whose client waits', async () => {
  const asleep = await tAsleep();
  const said = say(asleep.server.client, channel, 6, 8);
  await asleep.wake();
  await said;
  await expectNothingMissed(asleep);
}, 60_000);

test('and whose client has connected again meanwhile, or its path alone knows that it has', async () => {
  for (const lost of ['both', 'client'] as const) {
    const asleep = await tAsleep();
    // What is said waits before the client does, and is heard first.
    const said = say(asleep.server.client, channel, 6, 8);
    if (lost === 'both') asleep.way.cut();
    else asleep.way.halfOpen();
    asleep.way.mend();
    await asleep.wake();
    await said;
    await expectNothingMissed(asleep);
  }
}, 60_000);
