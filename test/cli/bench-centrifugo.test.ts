/** Proves that the bench measures Centrifugo: what its clients and its publisher say, and that its servers end with the bench. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { createPublishing } from '../../bench/centrifugo-api.ts';
import { createMark } from '../../bench/dispatch-event.ts';
import { LoadSocket } from '../../bench/load/load-socket.ts';
import { protocols } from '../../bench/load/protocols.ts';
import { centrifugo } from '../../bench/runtimes.ts';
import { until } from '../support/until.ts';

const root = resolve(import.meta.dirname, '../..');

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

async function tServer(listener?: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Runs a program with this Node, to its end. */
function tRun(args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((ended) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) =>
      ended({ status: child.exitCode, stdout, stderr }),
    );
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const commandLines = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        // It has ended.
        return [];
      }
    });

test('a client reads several replies of one frame, answers pings, and comes back with offset and epoch', async () => {
  const said: unknown[] = [];
  const publication = (sequence: number) => ({
    data: { data: createMark(1_000 + sequence, sequence) },
    offset: sequence + 10,
  });
  const push = (sequence: number) => ({ push: { channel: 'dispatch:7', pub: publication(sequence) } });
  const lines = (...messages: readonly unknown[]) =>
    messages.map((message) => JSON.stringify(message)).join('\n');
  const { server, port } = await tServer();
  const sockets = new WebSocketServer({ server, path: '/connection/websocket' });
  cleanUps.push(() => sockets.clients.forEach((socket) => socket.terminate()));
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const command = JSON.parse(data.toString()) as { id?: number; connect?: object; subscribe?: object };
      said.push(command);
      const { id, connect, subscribe } = command;
      if (connect) socket.send(lines({ id, connect: { client: 'c' } }));
      else if (subscribe && 'recover' in subscribe)
        socket.send(lines({ id, subscribe: { publications: [3, 4].map(publication) } }, push(5)));
      else if (subscribe) socket.send(lines({ id, subscribe: { epoch: 'abcd' } }, {}, push(1), push(2)));
    }),
  );
  const events: number[] = [];
  const problems: string[] = [];
  const tClient = async () => {
    const client = new LoadSocket(
      {
        ...{ protocol: protocols.centrifugo, port, localAddress: '127.0.0.1', token: null },
        onEvent: (_socket, publishedUs) => events.push(publishedUs),
        onSnapshot: () => problems.push('a snapshot'),
        onProblem: (problem) => problems.push(problem),
      },
      true,
    );
    cleanUps.push(() => client.drop());
    await client.ready;
    return client;
  };
  const asked = { id: '9c5b94b1-0000-0001', query: '', operationName: '', topic: 'dispatch:7' };

  const first = await tClient();
  first.subscribe({ ...asked, variables: {} });
  await until('both events and the pong', () => events.length === 2 && said.length === 3);
  expect(protocols.centrifugo.readEvent(first.text!)).toEqual({ id: null, payload: publication(2).data });
  first.drop();
  const second = await tClient();
  second.sequence = first.sequence;
  second.subscribe({ ...asked, variables: { after: first.cursor! } });
  await until('what it missed, and the next', () => events.length === 5);

  expect(events).toEqual([1_001, 1_002, 1_003, 1_004, 1_005]);
  expect({ missed: second.missed, doubled: second.doubled, problems }).toEqual({
    ...{ missed: 0, doubled: 0, problems: [] },
  });
  expect(said).toEqual([
    { id: 1, connect: {} },
    { id: 3, subscribe: { channel: 'dispatch:7' } },
    {},
    { id: 1, connect: {} },
    { id: 3, subscribe: { channel: 'dispatch:7', recover: true, offset: 12, epoch: 'abcd' } },
  ]);
});

test('events are published in their order: what comes while a request is under way shares the next', async () => {
  interface Batch {
    readonly commands: readonly { readonly publish: { readonly channel: string; readonly data: number } }[];
    readonly parallel: boolean;
  }
  const batches: Batch[] = [];
  const { port } = await tServer((request, response) => {
    void json(request).then((body) => {
      batches.push(body as Batch);
      response.end(JSON.stringify({ replies: (body as Batch).commands.map(() => ({ publish: {} })) }));
    });
  });
  const publish = createPublishing(`http://127.0.0.1:${port}`);
  const first = publish({ channel: 'a', data: 1 });
  await until('the first request has begun', () => batches.length === 1);
  await Promise.all([first, ...['b', 'a', 'b'].map((channel, at) => publish({ channel, data: at + 2 }))]);
  await Promise.all(['a', 'b'].map((channel, at) => publish({ channel, data: at + 5 })));
  const published = batches.map(({ commands, parallel }) => ({
    parallel,
    data: commands.map(({ publish: { channel, data } }) => `${channel}${data}`),
  }));
  // Which of the last share a request depends on when the first is answered; their order does not.
  expect(published.flatMap(({ data }) => data)).toEqual(['a1', 'b2', 'a3', 'b4', 'a5', 'b6']);
  for (const { data, parallel } of published)
    expect(parallel).toBe(new Set(data.map(([channel]) => channel)).size === data.length);
});

test.each([
  { replies: [{ error: { code: 108, message: 'unknown channel' } }] },
  { replies: [{ publish: { error: { code: 100, message: 'internal' } } }] },
  { error: { code: 107, message: 'bad request' } },
  { replies: [] },
])('a publication that Centrifugo refuses is an error: %j', async (answer) => {
  const { port } = await tServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify(answer)));
  });
  const publish = createPublishing(`http://127.0.0.1:${port}`);
  await expect(publish({ channel: 'a', data: 1 })).rejects.toThrow(
    `Centrifugo did not publish: ${JSON.stringify(answer)}`,
  );
});

test('a server without a channel to the bench ends with it', async () => {
  const code = `
    import { Child } from './bench/child.ts';
    const child = new Child({ runtime: 'sleep', program: '600', hasChannel: false, core: null });
    console.log(child.pid);
    process.exit(7);`;
  const { status, stdout } = await tRun(['--input-type=module', '--eval', code]);
  expect(status).toBe(7);
  expect(Number(stdout)).toBeGreaterThan(0);
  await until('it has ended', () => !isRunning(Number(stdout)));
});

(centrifugo.find() === null ? test.skip : test)(
  'its clients are shown the same as those of this service, come back without a loss, and nothing of it is left',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'rows.json');
    const few = ['--scale', '0.02', '--runs', '1', '--only', 'board,idle,storm'];
    const { status, stderr } = await tRun([
      join(root, 'src/cli/bench.ts'),
      ...few,
      ...['--subjects', 'ours,centrifugo', '--profile', folder, '--json', file],
    ]);
    expect({ status, failed: stderr.match(/FAILED.*/g) }).toEqual({ status: 0, failed: null });
    const rows = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
    const own = Object.fromEntries(
      rows.flatMap((row) => (row['subject'] === 'centrifugo' ? [[row['workload'], row]] : [])),
    );
    const figure = expect.any(Number) as unknown;
    expect(own).toMatchObject({
      board: { p50Ms: figure, kbPerSubscription: figure, usPerSubscribe: figure },
      idle: { kbPerConnection: figure, residentMb: figure },
      storm: { lost: 0, doubled: 0 },
    });
    const storm = own['storm'] as { readonly replayed: number };
    expect(storm.replayed).toBeGreaterThan(0);
    const configuration = join(root, 'bench/subjects/centrifugo.yaml');
    expect(commandLines().filter((line) => line.includes(configuration))).toEqual([]);
  },
  120_000,
);
