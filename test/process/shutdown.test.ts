/** Proves that the process stops in order: requests are answered, sockets are closed with a code to reconnect, and it exits with 0. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { subscribe, tAcknowledgedSocket, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { freePort, tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

test('on SIGTERM it closes sockets with 1012, and exits with 0', async () => {
  const server = await tServerProcess({ SHUTDOWN_DRAIN_MS: '300' });
  const token = await server.client.token();
  const sockets = await Promise.all(
    Array.from({ length: 60 }, () => tAcknowledgedSocket(server.wsUrl, token)),
  );
  const exit = server.kill('SIGTERM');
  for (const socket of sockets) expect(await socket.closed()).toMatchObject({ code: 1012 });
  expect(await exit).toEqual({ code: 0, signal: null });
  const lines = server.lines.map((line) => JSON.parse(line) as { msg: string; level: number });
  expect(lines.at(-1)!.msg).toBe('closed');
  expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
});

test('SIGTERM to `npm start` reaches the service, which ends in order and leaves no process behind', async () => {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'dispatch-'));
  const root = resolve(import.meta.dirname, '../..');
  const env = { ...process.env, NODE_ENV: 'test', HOST: '127.0.0.1', PORT: String(port), DATA_DIR: folder };
  const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(npm, 'exit');
  try {
    const lines: string[] = [];
    createInterface(npm.stdout).on('line', (line) => lines.push(line));
    await until('it is ready', () => lines.some((line) => line.includes('"msg":"ready"')), 30_000);
    npm.kill('SIGTERM');
    await exit;
    await until('it is closed', () => lines.some((line) => line.includes('"msg":"closed"')));
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');
  } finally {
    npm.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});

test('on SIGTERM it exits with 0 before the deadline, even when clients never answer', async () => {
  const server = await tServerProcess({ SHUTDOWN_DEADLINE_MS: '6000' });
  const token = await server.client.token();
  const silent = await tAcknowledgedSocket(server.wsUrl, token);
  // This client neither reads nor answers from now on.
  silent.socket.pause();
  const halfARequest = connect(server.port, '127.0.0.1');
  await once(halfARequest, 'connect');
  halfARequest.on('error', () => undefined);
  halfARequest.write('POST /graphql HTTP/1.1\r\ncontent-length: 100\r\n\r\n{');
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  halfARequest.destroy();
});

test('a client with a cursor resumes without a gap on the next process', async () => {
  const server = await tServerProcess();
  const id = await createDispatch(server.client);
  let restart = Promise.withResolvers<void>();
  restart.resolve();
  const client = tClient(server.wsUrl, await server.client.token(), {
    retryAttempts: Infinity,
    retryWait: () => restart.promise,
    shouldRetry: () => true,
  });
  const shown = subscribe<Update>(client, dispatchUpdated, { id });
  await shown.until((events) => events.length === 1);
  const estados = ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'];
  await server.client.ask('mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "1") { id } }', {
    id,
  });
  for (const estado of estados) {
    restart = Promise.withResolvers<void>();
    expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
    await server.start();
    await server.client.ask(
      `mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: ${estado}) { id } }`,
      { id },
    );
    restart.resolve();
    await shown.until((events) => events.at(-1)?.dispatch.estado === estado);
  }
  const versions = shown.events.map(({ dispatch }) => dispatch.version);
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  expect(versions.at(-1)).toBe(6);
}, 120_000);
