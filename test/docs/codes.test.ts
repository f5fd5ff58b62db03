/** Holds docs/errors.md to the codes that clients can be sent: those of errors and those with which sockets are closed. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CloseCode } from 'graphql-ws';
import { errorCodes, isTransient } from '../../src/lib/errors.ts';
import { closeCodes, isKnownCloseCode } from '../../src/transports/websocket/close-codes.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) +\|(.*)\|$/gm)].map(([, first = '', rest = '']) => ({
  codes: first.split(', '),
  cells: rest.split('|').map((cell) => cell.trim()),
}));

test('each error code has its place on the page, and no other has', () => {
  const described = rows.flatMap(({ codes }) => codes).filter((code) => /^`[A-Z_]+`$/.test(code));
  expect(described.toSorted()).toEqual(
    Object.keys(errorCodes)
      .map((code) => `\`${code}\``)
      .toSorted(),
  );
});

test('each error code is said to pass or not, as it does', () => {
  const said = rows
    .filter(({ codes: [first = ''] }) => /^`[A-Z_]+`$/.test(first))
    .flatMap(({ codes, cells }) => codes.map((code) => [code.replaceAll('`', ''), cells[1]]));
  const words = { final: 'no', transient: 'yes', timed: 'with `retryAfterMs`' } as const;
  const meant = Object.entries(errorCodes).map(([code, { transience }]) => [code, words[transience]]);
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(meant));
});

test('what passes says when to come back, or when its code alone says so', () => {
  const withCode = (code: string, more = {}) => ({ extensions: { code, ...more } });
  expect(isTransient(withCode('UPSTREAM_UNAVAILABLE'))).toBe(true);
  expect(isTransient(withCode('LIMIT_EXCEEDED'))).toBe(false);
  expect(isTransient(withCode('LIMIT_EXCEEDED', { retryAfterMs: 1 }))).toBe(true);
  expect(isTransient(withCode('FORBIDDEN', { retryAfterMs: 1 }))).toBe(false);
  expect(isTransient({})).toBe(false);
});

/** Those that ws closes with by itself: node_modules/ws/lib/receiver.js. */
const codesOfWs = [1002, 1007, 1008, 1009];

test('each close code has its place on the page, with whether to come back', () => {
  const described = rows
    .filter(({ codes: [first = ''] }) => /^\d{4}$/.test(first))
    .flatMap(({ codes, cells }) => codes.map((code) => [Number(code), cells[1]!.startsWith('yes')]));
  const sent = [
    ...Object.values(closeCodes).map(({ code, reconnect }) => [code, reconnect]),
    ...codesOfWs.map((code) => [code, false]),
  ];
  const byCode = ([a]: readonly unknown[], [b]: readonly unknown[]) => Number(a) - Number(b);
  expect(described.toSorted(byCode)).toEqual(sent.toSorted(byCode));
});

test('ws closes with no other code by itself', () => {
  const receiver = readFileSync(new URL('../../node_modules/ws/lib/receiver.js', import.meta.url), 'utf8');
  const codes = [...receiver.matchAll(/^ +(1\d{3}),$/gm)].map(([, code]) => Number(code));
  expect([...new Set(codes)].toSorted()).toEqual(codesOfWs);
});

test('what the server of graphql-ws closes with is among them', () => {
  // Clients alone close with these.
  const ofClients = [
    CloseCode.InternalClientError,
    CloseCode.BadResponse,
    CloseCode.ConnectionAcknowledgementTimeout,
  ];
  const ofServers = Object.values(CloseCode).filter(
    (code): code is CloseCode => typeof code === 'number' && !ofClients.includes(code),
  );
  expect(ofServers.length).toBeGreaterThan(5);
  expect(ofServers.filter((code) => !isKnownCloseCode(code))).toEqual([]);
});
