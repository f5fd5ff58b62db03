/** What is sent slowly or read slowly, never read, or larger than it looks; and subscriptions that call back too often, or nobody. */
import * as zlib from 'node:zlib';
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';
import { createLargeDispatches, lists } from '../support/large-lists.ts';
import { assign, createDispatch, dispatchUpdated } from '../support/operations.ts';
import { until } from '../support/until.ts';

const patienceMs = 60_000;
const many = 100;
/** 4.8 MB. */
const large = { query: lists(4) };
const small = { query: '{ dispatch(id: "none") { id } }' };

const encoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  deflate: zlib.deflateSync,
  zstd: zlib.zstdCompressSync,
};

const bombs: readonly Attack[] = Object.entries(encoders).map(([encoding, encode]) => ({
  name: `${many} bodies at once of 50 MB, compressed to some kilobytes: ${encoding}`,
  heldBy: '`MAX_BODY_BYTES`, counted while a body is inflated',
  answered: ['PAYLOAD_TOO_LARGE'],
  async run(attacker: Attacker) {
    const body = encode(Buffer.alloc(50_000_000, ' '));
    const headers = { 'content-encoding': encoding };
    const ask = async () => (await attacker.post(body, { headers })).outcome;
    return Promise.all(Array.from({ length: many }, ask));
  },
}));

/** Waits until nothing is kept for anybody who does not read. */
async function untilNothingWaits({ client }: Attacker): Promise<void> {
  const isNothing = async () => (await client.metric('dispatch_unread_bytes')) === 0;
  await until('nothing waits to be read', isNothing, patienceMs);
}

/** Queries over HTTP that were answered with data, or refused because too much waits. */
async function countAnswered({ client }: Attacker): Promise<Readonly<Record<string, number>>> {
  const count = (outcome: string) =>
    client.metric(`dispatch_http_request_seconds_count{type="query",outcome="${outcome}"}`);
  return { data: await count('ok'), RATE_LIMITED: await count('RATE_LIMITED') };
}

const stalled = '`STALL_TIMEOUT_MS`, `MAX_UNREAD_BYTES_PER_VIEWER`';

const unread: readonly Attack[] = [
  {
    name: `${many} connections that never read an answer of 5 MB`,
    heldBy: stalled,
    answered: ['data', 'RATE_LIMITED', 'served meanwhile', 'served again'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'never-reads' });
      const before = await countAnswered(attacker);
      for (let sent = 0; sent < many; sent += 1) await attacker.askUnread(large, token);
      let after = before;
      const isAnswered = async () => {
        after = await countAnswered(attacker);
        return after['data']! + after['RATE_LIMITED']! - before['data']! - before['RATE_LIMITED']! >= many;
      };
      await until('all are answered', isAnswered, patienceMs);
      const outcomes = Object.keys(after).filter((outcome) => after[outcome]! > before[outcome]!);
      // Of the same viewer, and small.
      if ((await attacker.post(small, { token })).outcome === 'data') outcomes.push('served meanwhile');
      await untilNothingWaits(attacker);
      if ((await attacker.post(large, { token })).outcome === 'data') outcomes.push('served again');
      return outcomes;
    },
  },
  {
    name: '50 WebSockets that never read 10 answers of 5 MB each',
    heldBy: stalled,
    answered: ['ended'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'never-reads-sockets' });
      const sockets = await Promise.all(Array.from({ length: 50 }, () => attacker.socket(token)));
      const ended = () => attacker.client.metric('dispatch_stalled_connections_ended_total');
      const before = await ended();
      for (const { socket } of sockets) {
        (socket as unknown as { readonly _socket: { pause(): void } })._socket.pause();
        for (let id = 0; id < 10; id += 1)
          socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload: large }));
      }
      await until('some are ended', async () => (await ended()) > before, patienceMs);
      await untilNothingWaits(attacker);
      return ['ended'];
    },
  },
];

const slow: readonly Attack[] = [
  {
    name: `${many} requests that come byte by byte, and never end`,
    heldBy: '`REQUEST_TIMEOUT_MS`, looked at often enough',
    answered: ['HTTP 408'],
    // What is sent behind the end of a connection takes its last words with it.
    mayAnswer: ['HTTP without a word'],
    async run(attacker) {
      const connections = await Promise.all(Array.from({ length: many }, () => attacker.connection()));
      for (const connection of connections) {
        connection.send('POST /graphql HTTP/1.1\r\nhost: x\r\nx-long: ');
        connection.read({ bytes: 1_000, everyMs: 20 });
      }
      const dripping = setInterval(() => {
        for (const connection of connections) if (!connection.isEnded) connection.send('x');
      }, 50);
      await Promise.all(connections.map((connection) => connection.ended()));
      clearInterval(dripping);
      return connections.map(({ text }) => `HTTP ${/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'without a word'}`);
    },
  },
  {
    name: '5,000 operation ids of 60 KB',
    heldBy: 'a bound of 128 bytes for ids',
    answered: ['closed 4400'],
    async run(attacker) {
      const outcomes: string[] = [];
      // The rest of what is sent on a socket is not looked at any more.
      for (let sockets = 0; sockets < 50; sockets += 1) {
        const socket = await attacker.socket();
        for (let at = 0; at < 100; at += 1)
          socket.send({ id: `${at}${'x'.repeat(60_000)}`, type: 'subscribe', payload: small });
        outcomes.push(await attacker.closing(socket));
      }
      return outcomes;
    },
  },
];

interface CallingBack {
  readonly token: string;
  readonly heartbeatIntervalMs?: number;
  readonly id?: string;
}

/** Subscribes by callback as a router does, to one dispatch that exists. */
async function callBack({ url, neighbours }: Attacker, dispatchId: string, asked: CallingBack) {
  const { json } = await neighbours.router.ask(url, {
    ...asked,
    query: dispatchUpdated,
    variables: { id: dispatchId },
  });
  return json.errors ? String(json.errors[0]!.extensions['code']) : 'data';
}

const callbacks: readonly Attack[] = [
  {
    name: '300 callbacks with heartbeats every 50 ms',
    heldBy: '`CALLBACK_MIN_HEARTBEAT_MS`',
    answered: ['BAD_REQUEST', 'no message to the router'],
    async run(attacker) {
      const { router } = attacker.neighbours;
      const before = router.messages.length;
      const token = await attacker.token({ sub: 'beats' });
      const ask = () => callBack(attacker, '1', { token, heartbeatIntervalMs: 50 });
      const outcomes = await Promise.all(Array.from({ length: 300 }, ask));
      return [...outcomes, ...(router.messages.length === before ? ['no message to the router'] : [])];
    },
  },
  {
    name: '600 callbacks of one viewer, with heartbeats as often as they may be',
    heldBy: '`MAX_CALLBACKS_PER_VIEWER`',
    answered: ['data', 'LIMIT_EXCEEDED'],
    async run(attacker) {
      const id = await createDispatch(attacker.client);
      const token = await attacker.token({ sub: 'many-callbacks' });
      const outcomes: string[] = [];
      for (let asked = 0; asked < 600; asked += 20) {
        const ask = () => callBack(attacker, id, { token, heartbeatIntervalMs: 2_000 });
        outcomes.push(...(await Promise.all(Array.from({ length: 20 }, ask))));
      }
      return outcomes;
    },
  },
  {
    name: `${many} callbacks that are never answered, and one that is`,
    heldBy: 'bounds of messages under way for each viewer and origin',
    answered: ['data', 'shown each change'],
    async run(attacker) {
      const { router } = attacker.neighbours;
      const id = await createDispatch(attacker.client);
      const token = await attacker.token({ sub: 'hangs' });
      const outcomes: string[] = [];
      for (let asked = 0; asked < many; asked += 1)
        outcomes.push(await callBack(attacker, id, { token, id: `hangs-${asked}` }));
      outcomes.push(await callBack(attacker, id, { token: await attacker.token(), id: 'answers' }));
      const shown = () => router.of('answers', 'next').length;
      await until('the first is shown', () => shown() === 1);
      router.hangs = (message) => message.id.startsWith('hangs');
      for (let changes = 1; changes <= 3; changes += 1) {
        await assign(attacker.client, id, `A-${changes}`);
        await until('the change is shown', () => shown() === 1 + changes, patienceMs);
      }
      router.hangs = () => false;
      return [...outcomes, 'shown each change'];
    },
  },
];

export const waits: AttackKind = {
  title: 'What waits',
  env: { STALL_TIMEOUT_MS: '1000', REQUEST_TIMEOUT_MS: '1000', CALLBACK_RETRY_MS: '1000' },
  neighbours: ['a router'],
  prepare: ({ client }) => createLargeDispatches(client, 300),
  attacks: [...bombs, ...unread, ...slow, ...callbacks],
};
