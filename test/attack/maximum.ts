/** As much as is allowed, for as long as it takes to notice: nobody is refused, and everybody else is served. */
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';
import { createLargeDispatches } from '../support/large-lists.ts';
import { createDispatch } from '../support/operations.ts';
import { until } from '../support/until.ts';

const patienceMs = 60_000;
const dispatches = 300;

/** Runs so often, some at a time; what was answered, each once. */
async function repeat(
  count: number,
  atOnce: number,
  run: (at: number) => Promise<string>,
): Promise<string[]> {
  const outcomes = new Set<string>();
  let next = 0;
  const goOn = async () => {
    while (next < count) outcomes.add(await run(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
  return [...outcomes];
}

/** As many tokens as a text may have, and each text is another one: what is validated is not remembered. */
function longestText(number: number): string {
  const fields = Array.from({ length: 480 }, (_, at) => `a${number}x${at}`).join(' ');
  return `query Q${number}($id: ID!) { despachos { ${fields} } dispatch(id: $id) { ${fields} ${fields} } }`;
}

const requests: readonly Attack[] = [
  {
    name: '600 texts of one viewer, 32 at a time, each with as many tokens as it may have and a mistake in each',
    heldBy: 'turns between texts, 100 errors in an answer',
    answered: ['GRAPHQL_VALIDATION_FAILED'],
    async run(attacker) {
      const token = await attacker.token({ sub: 'writer' });
      return repeat(
        600,
        32,
        async (at) => (await attacker.post({ query: longestText(at) }, { token })).outcome,
      );
    },
  },
  {
    name: '3,000 bodies of 64 KB, 32 at a time, without a token',
    heldBy: '`MAX_BODY_BYTES`; who asks comes before what is asked',
    answered: ['UNAUTHENTICATED'],
    async run(attacker) {
      const body = { query: '{ despachos { id } }', variables: { padding: 'x'.repeat(65_000) } };
      return repeat(3_000, 32, async () => (await attacker.post(body, { token: null })).outcome);
    },
  },
  {
    name: '20 viewers at once, each of whom asks twice for the largest answer there may be',
    heldBy: '`MAX_RESULT_BYTES`, `MAX_UNREAD_BYTES`, turns of each viewer',
    answered: ['data'],
    async run(attacker) {
      // 7.8 MB.
      const fields = Array.from({ length: 6 }, (_, at) => `l${at}: despachos(limit: 300) { observaciones }`);
      const query = `{ ${fields.join(' ')} }`;
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, at) => attacker.token({ sub: `reader-${at}` })),
      );
      const ask = async (at: number) => (await attacker.post({ query }, { token: tokens[at % 20]! })).outcome;
      return repeat(40, 20, ask);
    },
  },
];

/** A client's frame with an empty mask. */
function frameOf(opcode: number, text: string): Buffer {
  const data = Buffer.from(text);
  const length = data.length < 126 ? [0x80 | data.length] : [0xfe, data.length >> 8, data.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), data]);
}

const floodingSockets = 50;
/** What is read of a socket at a time. */
const floodBytes = 64 * 1024;

interface Raw {
  readonly _socket: NodeJS.WritableStream;
}

/** Sends the same frame over all sockets of one viewer, as often as fits into what is read at once, and waits for the last answer. */
async function flood(attacker: Attacker, sub: string, frame: Buffer): Promise<string[]> {
  const token = await attacker.token({ sub });
  const open = await Promise.all(Array.from({ length: floodingSockets }, () => attacker.socket(token)));
  const bytes = Buffer.concat(Array.from({ length: Math.ceil(floodBytes / frame.length) }, () => frame));
  const last = frameOf(1, '{"type":"ping","payload":{"is":"the last"}}');
  const answered = open.map(async ({ socket }) => {
    // To parse each answer is more than this side can do.
    socket.removeAllListeners('message');
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.on('message', (data: Buffer) => data.includes('the last') && resolve('pong'));
    socket.once('close', (code) => resolve(`closed ${code}`));
    (socket as unknown as Raw)._socket.write(Buffer.concat([bytes, last]));
    return promise;
  });
  return Promise.all(answered);
}

const heldInTurns = '`MAX_CONNECTIONS_PER_VIEWER`, turns between messages';
const floods: readonly Attack[] = Object.entries({
  'pings of the protocol, 60 KB each': frameOf(
    1,
    JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(60_000) } }),
  ),
  'pings of the protocol, as short as they may be': frameOf(1, '{"type":"ping"}'),
  'pings of RFC 6455, empty': frameOf(9, ''),
  'pings of RFC 6455, as long as they may be': frameOf(9, 'x'.repeat(125)),
  'pongs of RFC 6455, empty': frameOf(10, ''),
  'ends of operations that there are not': frameOf(1, '{"type":"complete","id":"1"}'),
}).map(([what, frame], at) => ({
  name: `${floodingSockets} sockets of one viewer, each of which sends 64 KB at once: ${what}`,
  heldBy: heldInTurns,
  // ws ends a socket that asks for pongs faster than it takes them.
  ...(frame.at(0) === 0x89 ? { answered: [], mayAnswer: ['closed 1006', 'pong'] } : { answered: ['pong'] }),
  run: (attacker: Attacker) => flood(attacker, `floods-${at}`, frame),
}));

const pipelined: Attack = {
  name: '50 connections, each of which sends 400 requests without waiting for an answer',
  heldBy: 'turns between requests',
  answered: ['HTTP 401'],
  async run(attacker) {
    const body = JSON.stringify({ query: '{ despachos { id } }' });
    const request =
      `POST /graphql HTTP/1.1\r\nhost: x\r\naccept: application/graphql-response+json\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const connections = await Promise.all(Array.from({ length: 50 }, () => attacker.connection()));
    for (const connection of connections) {
      connection.read({ bytes: 1_000_000, everyMs: 5 });
      connection.send(request.repeat(400));
    }
    const count = (text: string) => text.split('HTTP/1.1 401').length - 1;
    await Promise.all(connections.map((connection) => connection.until((text) => count(text) === 400)));
    return ['HTTP 401'];
  },
};

const sockets: readonly Attack[] = [
  ...floods,
  pipelined,
  {
    name: '200 streams of one viewer, each with a text of its own and events that cost as much as they may',
    heldBy: '`MAX_EVENT_COST`, turns between executions',
    answered: ['next'],
    run: (attacker) => streamsAtTheirBound(attacker),
  },
];

/** Costs 1,000 less a few: as much as an event may. */
const dearText = (number: number) =>
  `subscription S${number} { dispatchesUpdated { dispatch { id a${number}: historial(limit: 160) { changeType timestamp } } } }`;

async function streamsAtTheirBound(attacker: Attacker): Promise<string[]> {
  const count = 200;
  const socket = await attacker.socket(await attacker.token({ sub: 'follower' }));
  for (let at = 0; at < count; at += 1)
    socket.send({ id: `${at}`, type: 'subscribe', payload: { query: dearText(at) } });
  const isOpen = async () => (await attacker.client.metric('dispatch_subscriptions')) === count;
  const isRefused = () => socket.messages.some(({ type }) => type === 'error');
  await until('all are open', async () => isRefused() || (await isOpen()), patienceMs);
  const shown = (type: string) => socket.messages.filter((message) => message['type'] === type);
  if (isRefused()) return shown('error').map(({ payload }) => JSON.stringify(payload));
  for (let changes = 1; changes <= 3; changes += 1) {
    await createDispatch(attacker.client);
    await socket.until(() => shown('next').length >= changes * count);
  }
  return shown('next').map(({ payload }) => ('errors' in (payload as object) ? 'error' : 'next'));
}

export const maximum: AttackKind = {
  title: 'The most allowed',
  prepare: ({ client }) => createLargeDispatches(client, dispatches),
  attacks: [...requests, ...sockets],
};
