/** Proves what each signal asks for: an end in order, nothing, or an end at once. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { freePort, tServerProcess, type ServerProcess } from '../support/server-process.ts';

const messagesOf = ({ lines }: ServerProcess) =>
  lines.map((line) => (JSON.parse(line) as { msg: string }).msg);

describe.each(['SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGINT'] as const)('on %s', (signal) => {
  test('it closes sockets with 1012, and exits with 0', async () => {
    const server = await tServerProcess();
    const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
    const exit = server.kill(signal);
    expect(await socket.closed()).toMatchObject({ code: 1012 });
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(messagesOf(server).at(-1)).toBe('closed');
  });
});

test('a signal that comes with another one, as from npm and a supervisor, does not cut the end short', async () => {
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '6000' });
  const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
  server.signal('SIGTERM');
  await server.printed('"msg":"closing"');
  server.signal('SIGTERM');
  server.signal('SIGINT');
  expect(await socket.closed()).toMatchObject({ code: 1012 });
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(messagesOf(server)).toContain('a signal that came with another one');
});

test('a second signal that is later ends it at once', async () => {
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '60000' });
  const silent = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
  silent.socket.pause();
  const halfARequest = connect(server.port, '127.0.0.1');
  await once(halfARequest, 'connect');
  halfARequest.on('error', () => undefined);
  halfARequest.write('POST /graphql HTTP/1.1\r\ncontent-length: 100\r\n\r\n{');
  server.signal('SIGTERM');
  await server.printed('"msg":"closing"');
  // From when on a signal is a later one, the process says by what it does.
  let exit: unknown;
  void server.ended.then((ended) => (exit = ended));
  while (exit === undefined) {
    server.signal('SIGTERM');
    await Promise.race([server.ended, once(server.child.stdout!, 'data')]);
  }
  expect(exit).toEqual({ code: 1, signal: null });
  expect([...new Set(messagesOf(server))].slice(-2)).toEqual([
    'a signal that came with another one',
    'closing was cut short',
  ]);
  halfARequest.destroy();
}, 30_000);

test('SIGUSR1 opens no debugger in production, and ends nothing', async () => {
  const port = await freePort();
  const server = await tServerProcess(
    { NODE_ENV: 'production', JWT_SECRET: 'u9Xk2vQ7rT4mZ1pL8sD5fG3hJ6wB0nYc' },
    { nodeFlags: [`--inspect-port=127.0.0.1:${port}`] },
  );
  server.signal('SIGUSR1');
  await server.printed('a signal that means nothing here');
  const debugger_ = connect(port, '127.0.0.1');
  const [error] = (await once(debugger_, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect(server.lines.join('\n')).not.toContain('Debugger listening');
});
