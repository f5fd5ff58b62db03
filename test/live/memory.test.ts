/** Proves that ten thousand events leave nothing behind in the client package. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { MessageBroadcastDocument } from '../../packages/live/src/generated/operations.ts';
import { Facts } from '../support/graphql-client.ts';
import { tLive } from '../support/live-client.ts';
import { tServerProcess } from '../support/server-process.ts';
import { say } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Much less than 8,000 events would take if each were kept: they are of 300 characters and more. */
const noiseBytes = 1_000_000;

test('memory is the same after 2,000 events and after 10,000', async () => {
  const server = await tServerProcess();
  const { live } = tLive(server.url, await server.client.token());
  const facts = new Facts();
  let count = 0;
  live.subscribe(
    MessageBroadcastDocument,
    { channel: 'general' },
    {
      next() {
        count += 1;
        facts.changed();
      },
    },
  );
  await until('it listens', async () => (await server.client.metric('dispatch_subscriptions')) === 1);
  const used = async (events: number) => {
    await say(server.client, 'general', count + 1, events);
    await facts.eventually(() => count === events);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await used(2_000);
  expect((await used(10_000)) - before).toBeLessThan(noiseBytes);
}, 300_000);
