/** Proves that a stock client without a cursor misses nothing silently where the place that was kept for it is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';
import { listen, numbersOf, range, say, tUnawareClient, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const channel = 'general';
const messageBroadcast =
  'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message recovered } }';

interface TellingMessage extends Message {
  readonly recovered: string | null;
}

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

function tFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lost-places-'));
  undos.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const live = ({ client }: ServerProcess) =>
  until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1);

/** A client that has seen five messages, when its way breaks. */
async function tCutOff(server: ServerProcess) {
  const wire = await tCutProxy(server.url);
  const client = tUnawareClient(`ws://${wire.host}/graphql`, await server.client.token());
  const shown = listen<TellingMessage>(client, messageBroadcast, { channel });
  await live(server);
  await say(server.client, channel, 1, 5);
  await shown.until((events) => events.length === 5);
  await shown.acknowledged();
  wire.cut();
  return { wire, shown };
}

/** Six to eight were said behind the loss, and are shown before what is said then. */
async function expectNothingMissed(
  server: ServerProcess,
  { wire, shown }: Awaited<ReturnType<typeof tCutOff>>,
) {
  await say(server.client, channel, 6, 8);
  wire.leadTo(server.url);
  wire.mend();
  await live(server);
  await say(server.client, channel, 9);
  await shown.until((events) => numbersOf(events).includes(9));
  const numbers = numbersOf(shown.events);
  expect([...new Set(numbers)]).toEqual(range(1, 9));
  expect(shown.events.find(({ message }) => message === '6')).toMatchObject({ recovered: 'COMPLETE' });
  expect(shown.events.find(({ message }) => message === '9')).toMatchObject({ recovered: null });
  expect(shown.failures).toEqual([]);
  shown.unsubscribe();
}

test('with a Redis that lost its data, and a process that was killed and cannot make it again', async () => {
  const { servers, redis } = await tService({ processes: 2, appendonly: false });
  const [first, second] = servers as [ServerProcess, ServerProcess];
  const cutOff = await tCutOff(first);
  await first.kill('SIGKILL');
  await redis.restart();
  await expectNothingMissed(second, cutOff);
}, 120_000);

test('with the process of the embedded set-up, whose successor knows that there was one', async () => {
  const env = { DATA_DIR: tFolder() };
  const first = await tServerProcess(env);
  const cutOff = await tCutOff(first);
  await first.kill('SIGKILL');
  await expectNothingMissed(await tServerProcess(env), cutOff);
}, 120_000);

test('and the first clients of a new deployment are shown nothing that was before them', async () => {
  const { servers } = await tService({ processes: 1 });
  for (const server of [servers[0]!, await tServerProcess({ DATA_DIR: tFolder() })]) {
    await say(server.client, channel, 1, 5);
    const client = tUnawareClient(server.wsUrl, await server.client.token());
    const shown = listen<TellingMessage>(client, messageBroadcast, { channel });
    await live(server);
    await say(server.client, channel, 6);
    await shown.until((events) => events.length > 0);
    expect(numbersOf(shown.events)).toEqual([6]);
    shown.unsubscribe();
  }
}, 120_000);
