/** Messages, frames and requests that are none of the protocols' own. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Attack, AttackKind } from '../support/attack/attack.ts';
import type { Attacker } from '../support/attack/attacker.ts';

const strangeIds = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'];

/** Messages that no client of the protocol sends. */
const noMessages: readonly unknown[] = [
  { type: 'next', id: '1', payload: {} },
  { type: 'next', id: '1', payload: { data: {} } },
  { type: 'error', id: '1', payload: [{ message: 'no' }] },
  { type: 'connection_ack' },
  { type: 'connection_ack', payload: {} },
  { type: 'next' },
  { type: '__proto__' },
  { type: null },
  { type: 'subscribe', id: '1', payload: { query: 1 } },
  { type: 'subscribe', id: '1', payload: { query: '{ a }', variables: [] } },
  { type: 'subscribe', id: '1', payload: { query: '{ a }', operationName: {} } },
  { type: 'complete' },
  null,
  'null',
  '[]',
  '""',
  '1e999',
  '['.repeat(30_000) + ']'.repeat(30_000),
  '{"__proto__":{"type":"ping"}}',
  '\u0000',
];

const frames: readonly Attack[] = [
  {
    name: 'operation ids named as what every object has, twice each',
    heldBy: 'names that are looked up as own ones',
    answered: ['data', 'closed 4409'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const id of strangeIds) {
        const socket = await attacker.socket();
        outcomes.push(await attacker.askOver(socket, id, { query: '{ __typename }' }));
        const stream = { query: 'subscription { presenceChanged { userId } }' };
        for (let sent = 0; sent < 2; sent += 1) socket.send({ id, type: 'subscribe', payload: stream });
        outcomes.push(await attacker.closing(socket));
      }
      return outcomes;
    },
  },
  {
    name: 'messages that no client sends: `next`, `error`, `connection_ack`, and what is none',
    heldBy: 'the protocol',
    answered: ['closed 4400'],
    async run(attacker) {
      const outcomes: string[] = [];
      for (const message of noMessages) {
        for (const socket of [await attacker.openSocket(), await attacker.socket()]) {
          socket.send(message);
          outcomes.push(await attacker.closing(socket));
        }
      }
      return outcomes;
    },
  },
  {
    name: 'frames that RFC 6455 does not allow',
    heldBy: 'the protocol, `MAX_FRAME_BYTES`',
    answered: ['closed 1002', 'closed 1007', 'closed 1009'],
    async run(attacker) {
      const frames = [
        // A reserved bit, a reserved opcode, a ping in parts, no mask, text that is no UTF-8, and a length of terabytes.
        [0xf1, 0x80, 0, 0, 0, 0],
        [0x83, 0x80, 0, 0, 0, 0],
        [0x09, 0x80, 0, 0, 0, 0],
        [0x81, 0x00],
        [0x81, 0x81, 0, 0, 0, 0, 0xff],
        [0x81, 0xff, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      ];
      const outcomes: string[] = [];
      for (const frame of frames) {
        const socket = await attacker.socket();
        const { _socket: raw } = socket.socket as unknown as { readonly _socket: NodeJS.WritableStream };
        raw.write(Buffer.from(frame));
        outcomes.push(await attacker.closing(socket));
      }
      return outcomes;
    },
  },
  {
    name: '200 close codes that a client chose',
    heldBy: 'labels of metrics: codes that are known, and `other`',
    answered: ['at most 30 labels'],
    async run(attacker) {
      for (let code = 3_000; code < 3_200; code += 1) {
        const socket = await attacker.openSocket();
        socket.socket.close(code, 'because');
        await socket.closed();
      }
      const metrics = await (await fetch(`${attacker.url}/metrics`)).text();
      const count = [...metrics.matchAll(/^dispatch_ws_connections_closed_total\{/gm)].length;
      return [count <= 30 ? 'at most 30 labels' : `${count} labels`];
    },
  },
];

/** Sends a request as it stands; the status of its answer. */
async function sendRaw({ url }: Attacker, lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const answer = await text(socket);
  return `HTTP ${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'without an answer'}`;
}

const upgrades: Attack = {
  name: '`Upgrade: h2c`, and other protocols that are not spoken here',
  heldBy: 'RFC 9110, section 7.8: an upgrade that is not taken is ignored',
  answered: ['HTTP 200'],
  async run(attacker) {
    const body = JSON.stringify({ query: '{ despachos(limit: 1) { id } }' });
    const token = await attacker.token();
    const outcomes: string[] = [];
    for (const upgrade of ['h2c', 'h2c, websocket', 'TLS/1.0', 'nonsense'])
      outcomes.push(
        await sendRaw(
          attacker,
          [
            'POST /graphql HTTP/1.1',
            'host: 127.0.0.1',
            'connection: Upgrade, HTTP2-Settings, close',
            `upgrade: ${upgrade}`,
            'http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
            `authorization: Bearer ${token}`,
            'content-type: application/json',
            `content-length: ${Buffer.byteLength(body)}`,
          ],
          body,
        ),
      );
    return outcomes;
  },
};

export const protocol: AttackKind = {
  title: 'Protocols',
  attacks: [...frames, upgrades],
};
