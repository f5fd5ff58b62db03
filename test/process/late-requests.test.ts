/** Proves that a process which stood still answers what came meanwhile, however long ago it should have come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { tPacedClient } from '../support/paced-client.ts';
import { tServerProcess } from '../support/server-process.ts';

/** Long enough for a busy machine to begin, and to stop the process. */
const requestTimeoutMs = 8_000;

const upgrade =
  'host: service\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
  'sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('requests that came while a process stood still are answered, and one that is still not there is ended', async () => {
  const server = await tServerProcess({ REQUEST_TIMEOUT_MS: String(requestTimeoutMs) });
  const begin = async (beginning: string) => {
    const client = await tPacedClient(server.url);
    client.read({ bytes: 1_000, everyMs: 10 });
    client.send(beginning);
    return client;
  };
  const plain = await begin('GET /health/live HTTP/1.1\r\n');
  const socket = await begin('GET /graphql HTTP/1.1\r\n');
  const late = await begin('GET /health/live HTTP/1.1\r\n');
  // What was sent before this answer is read by then.
  await server.client.ask('{ __typename }');
  server.signal('SIGSTOP');
  plain.send('host: service\r\n\r\n');
  socket.send(upgrade);
  late.send('host: service\r\n');
  await sleep(requestTimeoutMs);
  server.signal('SIGCONT');

  await plain.until((text) => text.includes('HTTP/1.1 200 OK'));
  await socket.until((text) => text.includes('HTTP/1.1 101 Switching Protocols'));
  await late.ended();
  expect(late.text).toMatch(/^HTTP\/1\.1 408 /);
  // So is the next request on the connection of one that was late.
  plain.send('GET /nowhere HTTP/1.1\r\nhost: service\r\n\r\n');
  await plain.until((text) => text.includes('HTTP/1.1 404 Not Found'));
  expect(plain.text + socket.text).not.toContain(' 408 ');
}, 120_000);
