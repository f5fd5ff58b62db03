/** Proves that a limit per address holds whoever spells it how, and whoever has a whole network. */
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';

const limit = 20;
const limited = {
  RATE_LIMIT_SCALE: '1',
  CONNECTS_PER_MINUTE: String(limit),
  // An address may have at least twice as many connections a minute as a viewer may have.
  MAX_CONNECTIONS_PER_VIEWER: String(limit / 2),
  TRUST_PROXY: '127.0.0.1',
};

/** Connects once for each of these addresses; resolves with how many were let in. */
async function letIn(server: ServerProcess, addresses: readonly string[]): Promise<number> {
  const tokens = await Promise.all(
    addresses.map((_, index) => server.client.token({ sub: `viewer-${index}` })),
  );
  const answers = await Promise.all(
    addresses.map(
      (address, index) =>
        new Promise<'in' | number>((resolve, reject) => {
          const headers = { 'x-forwarded-for': address };
          const socket = new WebSocket(server.wsUrl, 'graphql-transport-ws', { headers });
          socket.on('open', () =>
            socket.send(JSON.stringify({ type: 'connection_init', payload: { token: tokens[index] } })),
          );
          socket.on('message', () => {
            resolve('in');
            socket.terminate();
          });
          socket.on('close', resolve);
          socket.on('error', reject);
        }),
    ),
  );
  expect(new Set(answers)).toEqual(new Set(['in', 1013]));
  return answers.filter((answer) => answer === 'in').length;
}

const spellings = [
  '2001:db8::1',
  '2001:DB8::1',
  '2001:0db8:0:0:0:0:0:1',
  '[2001:db8::1]',
  '[2001:db8::1]:443',
  '2001:db8::0.0.0.1',
];

test.each([
  ['60 addresses of one network', (index: number) => `2001:db8:1:2::${index.toString(16)}`],
  ['one address in six spellings', (index: number) => spellings[index % spellings.length]!],
  ['one address from 60 ports', (index: number) => `203.0.113.7:${50_000 + index}`],
  [
    'an address of IPv4, and the same in IPv6',
    (index: number) => (index % 2 ? '203.0.113.9' : '::ffff:cb00:7109'),
  ],
])('%s are one client, of whom no more are let in than of one address', async (_what, addressOf) => {
  const server = await tServerProcess(limited);
  expect(
    await letIn(
      server,
      Array.from({ length: 60 }, (_, index) => addressOf(index)),
    ),
  ).toBe(limit);
});

test('other networks are other clients', async () => {
  const server = await tServerProcess(limited);
  const addresses = Array.from(
    { length: 60 },
    (_, index) => `2001:db8:1:${index % 2}::${index.toString(16)}`,
  );
  expect(await letIn(server, addresses)).toBe(2 * limit);
});
