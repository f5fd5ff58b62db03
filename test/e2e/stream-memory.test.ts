/** Proves that nothing of what a request brought is kept for as long as its stream lives, or its connection waits for another request. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tEventStream } from '../support/event-stream.ts';
import { acceptParts } from '../support/multipart.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';
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

/** Resolves when not even half as many bodies are held as since then have come. */
const forgotten = (before: ReturnType<typeof held>) =>
  // What is collected of buffers is counted a little later.
  until('no body is held', () => {
    const after = held();
    const [heap, buffers] = [after.heap - before.heap, after.buffers - before.buffers];
    return heap < (count / 2) * bodyBytes && buffers < (count / 2) * JSON.stringify(body).length;
  });

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
  await forgotten(before);
  expect(streams.every(({ response }) => !response.destroyed)).toBe(true);
});

test.each(['with a token', 'without'])(
  `of ${count} connections on which a request was answered no body is kept: %s`,
  async (who) => {
    const app = await tApp({ MAX_ANONYMOUS_BODY_BYTES: '524288' });
    const token = who === 'without' ? 'none' : await app.token();
    const request = requestText(token, { ...body, query: '{ despachos { id } }' });
    const answered = async () => {
      const client = await tPacedClient(app.url);
      client.read({ bytes: 10_000, everyMs: 5 });
      client.send(request);
      await client.until((text) => /^HTTP\/1\.1 200 .*\}$/s.test(text));
      return client;
    };
    await answered();
    const before = held();
    const clients = [];
    for (let at = 0; at < count; at += 1) clients.push(await answered());
    await forgotten(before);
    expect(clients.every(({ isEnded }) => !isEnded)).toBe(true);
  },
);
