/** Proves that nothing of what the request of a stream brought is kept for as long as the stream lives. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tEventStream } from '../support/event-stream.ts';
import { acceptParts } from '../support/multipart.ts';
import { messageBroadcast } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const count = 10;
const lists = 100_000;
/** What nobody has asked for, and every request may bring. An empty list takes more than a pointer. */
const extensions = { more: Array.from({ length: lists }, () => []) };
const bodyBytes = 8 * lists;
const body = { query: messageBroadcast, variables: { channel: 'general' }, extensions };

/** What is reachable, bytes. */
function held(): { readonly heap: number; readonly buffers: number } {
  collectGarbage();
  const { heapUsed: heap, arrayBuffers: buffers } = process.memoryUsage();
  return { heap, buffers };
}

test(`of ${count} streams of events and as many of parts no body is kept`, async () => {
  const app = await tApp();
  const token = await app.token();
  const open = (accept: string) => tEventStream(`${app.url}/graphql`, { token, body, accept });
  const live = (streams: number) =>
    until('they are live', async () => (await app.metric('dispatch_subscriptions')) === streams);
  const streams = [await open('text/event-stream'), await open(acceptParts)];
  await live(2);
  const before = held();
  for (let at = 0; at < count; at += 1)
    streams.push(await open('text/event-stream'), await open(acceptParts));
  await live(2 + 2 * count);
  // Either kind of stream alone would hold twice that.
  const share = count / 2;
  const sentBytes = JSON.stringify(body).length;
  // What is collected of buffers is counted a little later.
  await until('no body is held', () => {
    const after = held();
    return after.heap - before.heap < share * bodyBytes && after.buffers - before.buffers < share * sentBytes;
  });
  expect(streams.every(({ response }) => !response.destroyed)).toBe(true);
});
