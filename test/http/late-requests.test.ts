/** Proves that a request which is late is not refused while something of it waits in the service itself. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { LateRequests } from '../../src/http/connections/late-requests.ts';
import { tPacedClient } from '../support/paced-client.ts';
import { until } from '../support/until.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

/** A server for which each request is late that does not come at once. `isBehind` is asked whether something of it waits. */
async function tLateServer(isBehind: () => boolean): Promise<string> {
  const timeouts = { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 50 };
  const server = createServer(timeouts, (_request, response) => response.end('here'));
  // As that of Fastify.
  server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 408 Request Timeout\r\n\r\n'));
  new LateRequests().watch(server, isBehind);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a request that was read and waits for its turn is answered, however late it is', async () => {
  let asked = 0;
  const url = await tLateServer(() => {
    asked += 1;
    return true;
  });
  const client = await tPacedClient(url);
  client.read({ bytes: 1_000, everyMs: 10 });
  client.send('GET / HTTP/1.1\r\n');
  await until('it was looked for twice', () => asked > 1);
  client.send('host: service\r\n\r\n');
  await client.until((text) => text.includes('HTTP/1.1 200 OK'));
  expect(client.text).not.toContain('408');
});

test('one of which nothing waits is refused', async () => {
  const client = await tPacedClient(await tLateServer(() => false));
  client.read({ bytes: 1_000, everyMs: 10 });
  client.send('GET / HTTP/1.1\r\n');
  await client.ended();
  expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
});
