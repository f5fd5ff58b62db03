/** Proves that at the limit of descriptors clients are told to come back, and health and metrics are answered. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

const maxDescriptors = 160;

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly max?: number;
}

const linesOf = ({ lines }: ServerProcess) => lines.map((line) => JSON.parse(line) as Line);
const boundOf = (server: ServerProcess) =>
  linesOf(server).find(({ msg }) => msg.includes('bounded below the limit of descriptors'))!;

/** A connection that asks for nothing. */
async function tIdle(server: ServerProcess): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  undos.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Connects as a client does; resolves with the socket, or the code that it was closed with. */
async function tSubscriber(server: ServerProcess, token: string): Promise<WebSocket | number> {
  const socket = new WebSocket(server.wsUrl, 'graphql-transport-ws');
  undos.push(() => socket.terminate());
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })));
  return new Promise((resolve, reject) => {
    socket.once('message', () => resolve(socket));
    socket.once('close', resolve);
    socket.once('error', reject);
  });
}

async function metricsOf(server: ServerProcess): Promise<(name: string) => number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return (name) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
}

test('sockets beyond it are closed with 1013, requests get 503, and when somebody leaves there is room', async () => {
  const server = await tServerProcess({}, { maxDescriptors });
  const token = await server.client.token();
  const { max, level } = boundOf(server);
  expect(level).toBe(40);
  expect(max).toBeGreaterThan(20);
  const sockets: WebSocket[] = [];
  for (let answer = await tSubscriber(server, token); answer !== 1013;) {
    if (typeof answer === 'number') throw new Error(`closed with ${answer}`);
    sockets.push(answer);
    answer = await tSubscriber(server, token);
  }
  expect(sockets.length).toBeLessThanOrEqual(max!);
  expect(await tSubscriber(server, token)).toBe(1013);
  const asked = await fetch(`${server.url}/graphql?query={__typename}`);
  expect([asked.status, asked.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await asked.json()).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  const ready = await fetch(`${server.url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready' }]);
  const valueOf = await metricsOf(server);
  expect(valueOf('dispatch_max_connections')).toBe(max);
  expect(valueOf('dispatch_turned_away_total{why="descriptors"}')).toBeGreaterThanOrEqual(3);
  expect(linesOf(server).filter(({ msg }) => msg.includes('no room for more connections'))).toHaveLength(1);

  for (const socket of sockets.splice(0, 10)) socket.close();
  await until('there is room', async () => typeof (await tSubscriber(server, token)) !== 'number');
  await until('it is ready', async () => (await fetch(`${server.url}/health/ready`)).ok);
}, 60_000);

test('however many connect and say nothing, health and metrics are answered, and nothing fails', async () => {
  const server = await tServerProcess({}, { maxDescriptors });
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 200 }, () => tIdle(server)));
    for (const path of ['/health/live', '/metrics'])
      expect([round, path, (await fetch(`${server.url}${path}`)).status]).toEqual([round, path, 200]);
  }
  const valueOf = await metricsOf(server);
  expect(valueOf('process_open_fds')).toBeLessThan(maxDescriptors);
  expect(linesOf(server).filter(({ level }) => level >= 50)).toEqual([]);
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
}, 60_000);

test('a low limit leaves room for one client at least, and is said at the start', async () => {
  const server = await tServerProcess({}, { maxDescriptors: 80 });
  expect(boundOf(server)).toMatchObject({ level: 40, descriptors: 80, max: expect.any(Number) });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
}, 60_000);
