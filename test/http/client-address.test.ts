/** Proves that a client cannot choose its own address, and that proxies in front of the service do not hide it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import {
  createAddressOf,
  createIsGateway,
  type TrustedProxies,
} from '../../src/http/connections/client-address.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** The address that the service takes for the client's, for a request over loopback with this `X-Forwarded-For`. */
async function seenAs(
  proxies: TrustedProxies,
  forwarded?: string,
  listenOn = '127.0.0.1',
  clientPrefixLength = 64,
): Promise<string> {
  const addressOf = createAddressOf({ trustProxy: proxies, clientPrefixLength });
  const server = createServer((request, response) => response.end(addressOf(request))).listen(0, listenOn);
  undos.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return (await fetch(`http://127.0.0.1:${port}`, { headers })).text();
}

test('what comes from the network of a gateway is a gateway’s, also when it has come past proxies', () => {
  const isGateway = createIsGateway(['10.1.0.0/16', 'fd00::7']);
  const from = (remoteAddress: string, forwarded?: string) =>
    isGateway({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage);
  expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00::7'].map((address) => from(address))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['10.2.0.1', 'fd00::8', '203.0.113.7', ''].map((address) => from(address))).toEqual([
    ...[false, false, false, false],
  ]);
  expect(from('10.9.0.1', '203.0.113.7, 10.1.2.3')).toBe(true);
  expect(from('10.9.0.1', '203.0.113.7, somebody')).toBe(false);
  expect(createIsGateway([])({ socket: {}, headers: {} } as unknown as IncomingMessage)).toBe(false);
});

test('without proxies, the header is ignored', async () => {
  expect(await seenAs(false)).toBe('127.0.0.1');
  expect(await seenAs(false, '203.0.113.7')).toBe('127.0.0.1');
});

test('behind one proxy, it is the address that this proxy saw', async () => {
  expect(await seenAs(1, '203.0.113.7')).toBe('203.0.113.7');
  expect(await seenAs(1, '198.51.100.1, 203.0.113.7')).toBe('203.0.113.7');
  expect(await seenAs(2, '198.51.100.1, 203.0.113.7, 10.0.0.1')).toBe('203.0.113.7');
  expect(await seenAs(1)).toBe('127.0.0.1');
});

test('behind named networks, it is the last address outside of them', async () => {
  const networks = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];
  expect(await seenAs(networks, '198.51.100.1, 203.0.113.7, fd00::1, 10.1.2.3')).toBe('203.0.113.7');
  expect(await seenAs(networks, '10.9.9.9')).toBe('10.9.9.9');
  expect(await seenAs(['10.0.0.0/8'], '203.0.113.7')).toBe('127.0.0.1');
});

test('when all proxies are trusted, it is the first address', async () => {
  expect(await seenAs(true, '198.51.100.1, 203.0.113.7')).toBe('198.51.100.1');
});

test('an IPv4 client of an IPv6 socket keeps its IPv4 address', async () => {
  expect(await seenAs(false, undefined, '::')).toBe('127.0.0.1');
  expect(await seenAs(['127.0.0.0/8'], '203.0.113.7', '::')).toBe('203.0.113.7');
});

test.each([
  '203.0.113.7',
  '203.0.113.7:51234',
  '203.000.113.007',
  '::ffff:203.0.113.7',
  '::FFFF:cb00:7107',
  '0:0:0:0:0:ffff:cb00:7107',
  '[::ffff:203.0.113.7]:443',
  '64:ff9b::203.0.113.7',
])('an address of IPv4 is one, also as %s', async (spelling) => {
  expect(await seenAs(1, spelling)).toBe('203.0.113.7');
});

test.each([
  '2001:db8:a:b::1',
  '2001:DB8:A:B:0:0:0:1',
  '2001:0db8:000a:000b::0001',
  '[2001:db8:a:b::1]',
  '[2001:db8:a:b::1]:51234',
  '2001:db8:a:b::1%eth0',
  '2001:db8:a:b:ffff:ffff:203.0.113.7',
])('clients of IPv6 are counted by their network, also as %s', async (spelling) => {
  expect(await seenAs(1, spelling)).toBe('2001:db8:a:b::/64');
  expect(await seenAs(1, spelling, undefined, 56)).toBe('2001:db8:a::/56');
});

test('or by their address, where that is wanted, or where no network is behind it', async () => {
  expect(await seenAs(1, '[2001:DB8::A]:1', undefined, 128)).toBe('2001:db8::a');
  expect(await seenAs(1, '::1')).toBe('::1');
  expect(await seenAs(1, 'fe80::0a%eth1')).toBe('fe80::a');
});

test('a proxy is known again in any spelling', async () => {
  const networks = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'];
  const path = '203.0.113.7, 2001:0DB8:0:0::1, ::ffff:10.0.0.1, 10.1.2.3:4567';
  expect(await seenAs(networks, path)).toBe('203.0.113.7');
});

test('what is not an address ends the list of trusted ones', async () => {
  expect(await seenAs(['127.0.0.1'], '203.0.113.7, nonsense')).toBe('nonsense');
});
