/** Owns the proof that a client can't choose its own address, and that proxies in front do not hide it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createAddressOf, type TrustedProxies } from '../../src/http/client-address.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** The address that a request over loopback is seen to have, its header being `forwarded`. */
async function seenAs(proxies: TrustedProxies, forwarded?: string, listenOn = '127.0.0.1'): Promise<string> {
  const addressOf = createAddressOf(proxies);
  const server = createServer((request, response) => response.end(addressOf(request))).listen(0, listenOn);
  undos.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return (await fetch(`http://127.0.0.1:${port}`, { headers })).text();
}

test('without proxies, what the client says of itself counts for nothing', async () => {
  expect(await seenAs(false)).toBe('127.0.0.1');
  expect(await seenAs(false, '203.0.113.7')).toBe('127.0.0.1');
});

test('behind one proxy, the address that it saw', async () => {
  expect(await seenAs(1, '203.0.113.7')).toBe('203.0.113.7');
  expect(await seenAs(1, '198.51.100.1, 203.0.113.7')).toBe('203.0.113.7');
  expect(await seenAs(2, '198.51.100.1, 203.0.113.7, 10.0.0.1')).toBe('203.0.113.7');
  expect(await seenAs(1)).toBe('127.0.0.1');
});

test('behind named networks, the last address outside of them', async () => {
  const networks = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];
  expect(await seenAs(networks, '198.51.100.1, 203.0.113.7, fd00::1, 10.1.2.3')).toBe('203.0.113.7');
  expect(await seenAs(networks, '10.9.9.9')).toBe('10.9.9.9');
  expect(await seenAs(['10.0.0.0/8'], '203.0.113.7')).toBe('127.0.0.1');
});

test('behind whatever there is, the first address', async () => {
  expect(await seenAs(true, '198.51.100.1, 203.0.113.7')).toBe('198.51.100.1');
});

test('an IPv4 client of an IPv6 socket keeps its IPv4 address', async () => {
  expect(await seenAs(false, undefined, '::')).toBe('127.0.0.1');
  expect(await seenAs(['127.0.0.0/8'], '203.0.113.7', '::')).toBe('203.0.113.7');
});

test('what is no address is not trusted any further', async () => {
  expect(await seenAs(['127.0.0.1'], '203.0.113.7, nonsense')).toBe('nonsense');
});
