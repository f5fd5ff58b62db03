/** Proves how the process starts and stops, for HTTP clients and for the operator. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { tServerProcess } from '../support/server-process.ts';

const program = resolve(import.meta.dirname, '../../src/main.ts');

/** Sends a request on a connection that stays open afterwards. */
function getKeepingAlive(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolveStatus, reject) => {
    request(url, { agent }, (response) => {
      response.resume().on('end', () => resolveStatus(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

test('SIGTERM ends it at once although connections are open: idle, silent, and half a request', async () => {
  // Who waited for clients, or for the deadline, would wait longer than this test.
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '3600000' });
  const agent = new Agent({ keepAlive: true });
  expect(await getKeepingAlive(`${server.url}/health/live`, agent)).toBe(200);
  const silent = connect(server.port, '127.0.0.1');
  const half = connect(server.port, '127.0.0.1');
  for (const socket of [silent, half]) socket.on('error', () => undefined).resume();
  await Promise.all([once(silent, 'connect'), once(half, 'connect')]);
  half.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-');
  // After this request, the server has read what was sent before.
  expect(await getKeepingAlive(`${server.url}/health/live`, agent)).toBe(200);
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  agent.destroy();
});

test('a request from before SIGTERM is answered, and then the connection ends', async () => {
  const server = await tServerProcess();
  const token = await server.client.token();
  const body = JSON.stringify({ query: '{ despachos { id } }' });
  const socket = connect(server.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const ended = once(socket, 'close');
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
      `expect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  // The server has the request and waits for its body.
  await once(socket, 'data');
  answer = '';
  const exit = server.kill('SIGTERM');
  await server.printed('"msg":"closing"');
  socket.write(body);
  await ended;
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close.*\{"data":\{"despachos":\[\]\}\}/is);
  expect(await exit).toEqual({ code: 0, signal: null });
});

test('with an invalid configuration, it prints each problem on its own line, and exits with 2', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [program], {
    env: { PORT: 'many', MAX_DEPTH: '-1', NODE_ENV: 'production' },
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stdout).toBe('');
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.trim());
  for (const name of ['PORT', 'MAX_DEPTH', 'JWT_SECRET'])
    expect(lines.filter((line) => line.startsWith(name))).toHaveLength(1);
});

test('with a port in use, it says so, and exits with 1', async () => {
  const server = await tServerProcess();
  const { status, stdout } = spawnSync(process.execPath, [program], {
    env: { PORT: String(server.port), HOST: '127.0.0.1', DATA_DIR: ':memory:' },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { level: number; err: { message: string } };
  expect(last).toMatchObject({
    level: 60,
    err: { message: expect.stringMatching(/^PORT is \d+, which is in use/) },
  });
});

test('it says when it is ready, where, and how long that took', async () => {
  const server = await tServerProcess();
  const ready = server.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find(({ msg }) => msg === 'ready');
  expect(ready).toMatchObject({ url: server.url, sinceProcessStartMs: expect.any(Number) });
});
