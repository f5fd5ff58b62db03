/** Proves that what comes in many pieces is read whole and in order, across an upgrade as well. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';

/** A client's text frame with an empty mask. */
function frameOf(text: string): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | data.length, 0, 0, 0, 0]), data]);
}

const upgrade = [
  ...[
    'GET /graphql HTTP/1.1',
    'host: x',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
  ],
  ...['sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-protocol: graphql-transport-ws', '', ''],
].join('\r\n');

test('frames that are sent together with the upgrade are answered in order', async () => {
  const app = await tApp();
  const client = await tPacedClient(app.url);
  client.read({ bytes: 1_000_000, everyMs: 5 });
  const numbers = Array.from({ length: 5_000 }, (_, at) => at);
  const frames = numbers.map((n) => frameOf(`{"type":"ping","payload":{"n":${n}}}`));
  client.socket.write(Buffer.concat([Buffer.from(upgrade), ...frames]));
  await client.until((text) => text.includes('"n":4999'));
  const answered = [...client.text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  expect(answered).toEqual(numbers);
});

test('requests that are sent together are answered in order, whatever their size', async () => {
  const app = await tApp();
  const client = await tPacedClient(app.url);
  client.read({ bytes: 1_000_000, everyMs: 5 });
  const token = await app.token();
  const numbers = Array.from({ length: 200 }, (_, at) => at);
  const requests = numbers.map((n) =>
    requestText(token, { query: `{ n${n}: __typename } # ${'x'.repeat((n * 137) % 3_000)}` }),
  );
  client.send(requests.join(''));
  await client.until((text) => text.includes('"n199"'));
  const answered = [...client.text.matchAll(/"n(\d+)":"Query"/g)].map(([, n]) => Number(n));
  expect(answered).toEqual(numbers);
});
