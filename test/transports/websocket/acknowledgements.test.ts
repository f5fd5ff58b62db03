/** Which pong acknowledges what was written before a ping, and which one proves no more than that somebody is there. */
import { expect, test } from '@jest/globals';
import type { Answerer } from '../../../src/realtime/receipts/receipt.ts';
import { Acknowledgements, readPong } from '../../../src/transports/websocket/acknowledgements.ts';

/** The payloads of the pings that were sent. */
function tAsking({ isGateway = false } = {}) {
  const pings: Record<string, unknown>[] = [];
  const send = (text: string) => {
    const { type, payload } = JSON.parse(text) as { type: string; payload: Record<string, unknown> };
    expect(type).toBe('ping');
    pings.push(payload);
  };
  const acknowledgements = new Acknowledgements({ send }, isGateway);
  const said: (Answerer | null)[] = [];
  acknowledgements.add({ ask: () => {}, acknowledge: (by) => void said.push(by) });
  return { acknowledgements, pings, said };
}

test('one ping is under way at a time', () => {
  const { acknowledgements, pings } = tAsking();
  acknowledgements.ask();
  acknowledgements.ask();
  expect([pings.length, acknowledgements.isAwaited]).toEqual([1, true]);
  expect(acknowledgements.take(pings[0])).toBe(true);
  expect(acknowledgements.isAwaited).toBe(false);
  acknowledgements.ask();
  expect(pings).toHaveLength(2);
});

// Routers send none, and Apollo Kotlin what its app gives it as `pongPayload`.
test.each([undefined, { of: 'mine' }])('a pong whose payload is %j answers', (payload) => {
  const { acknowledgements, pings, said } = tAsking();
  for (let round = 0; round < 2; round += 1) {
    acknowledgements.ask();
    expect(acknowledgements.take(payload)).toBe(true);
  }
  expect([pings.length, said]).toEqual([2, ['gateway', 'gateway']]);
});

test.each([undefined, { of: 'mine' }])(
  'of whoever sends pongs that nobody asked for, one whose payload is %j says no more than that they are there',
  (payload) => {
    const { acknowledgements, pings, said } = tAsking();
    expect(acknowledgements.take(payload)).toBe(false);
    acknowledgements.ask();
    expect(acknowledgements.take({ number: 0 })).toBe(false);
    expect([acknowledgements.take(payload), acknowledgements.isAwaited, said]).toEqual([
      false,
      false,
      [null],
    ]);
    // Else nobody would be asked any more.
    acknowledgements.ask();
    expect(pings).toHaveLength(2);
  },
);

test('an answer counts that comes behind a pong which nobody has asked for, once', () => {
  const { acknowledgements, pings, said } = tAsking();
  acknowledgements.take(undefined);
  acknowledgements.ask();
  acknowledgements.take(undefined);
  expect([acknowledgements.take(pings[0]), acknowledgements.take(pings[0]), said]).toEqual([
    true,
    false,
    [null, 'client'],
  ]);
});

test('of whoever echoes payloads a pong without one was not asked for', () => {
  const { acknowledgements, pings } = tAsking();
  acknowledgements.ask();
  acknowledgements.take(pings[0]);
  acknowledgements.ask();
  expect(acknowledgements.take(undefined)).toBe(false);
  expect(acknowledgements.take(pings[1])).toBe(true);
});

test('a pong does not answer for what was written between its ping and a close frame', () => {
  const { acknowledgements, pings } = tAsking();
  const told: string[] = [];
  acknowledgements.add({ ask: () => told.push('asked'), acknowledge: () => told.push('acknowledged') });
  acknowledgements.ask();
  acknowledgements.askOnly();
  expect(acknowledgements.take(pings[0])).toBe(false);
  expect(told).toEqual(['asked', 'asked']);
  acknowledgements.confirm('socket');
  expect(told).toEqual(['asked', 'asked', 'acknowledged']);
});

test('who echoes the payload is a client, unless a gateway is known to be there', () => {
  for (const isGateway of [false, true]) {
    const { acknowledgements, pings, said } = tAsking({ isGateway });
    acknowledgements.ask();
    acknowledgements.take(pings[0]);
    expect(said).toEqual([isGateway ? 'gateway' : 'client']);
  }
});

test('what has ended is told of the answer to what was sent last, and of no other', () => {
  const { acknowledgements, pings } = tAsking();
  const told: string[] = [];
  const ended = {
    isDone: false,
    ask: () => void told.push('asked'),
    acknowledge() {
      told.push('acknowledged');
      ended.isDone = true;
    },
  };
  acknowledgements.add(ended);
  for (let round = 0; round < 2; round += 1) {
    acknowledgements.ask();
    acknowledgements.take(pings[round]);
  }
  expect(told).toEqual(['asked', 'acknowledged']);
});

test('a message is a pong or it is not', () => {
  expect(readPong('{"type":"pong"}')).toEqual({ type: 'pong' });
  expect(readPong(' {"payload": {"number": 1}, "type": "pong"}')).toMatchObject({ payload: { number: 1 } });
  for (const other of [
    '{"type":"ping","payload":{"pong":1}}',
    '{"type":"pong"',
    '{"type":"pong","payload":1}',
  ])
    expect(readPong(other)).toBeUndefined();
  const long = { token: 'x'.repeat(2_000) };
  expect(readPong(JSON.stringify({ type: 'pong', payload: long }))).toMatchObject({ payload: long });
});

test('nothing is asked any more once the connection is closing: what comes for it then is not sent', async () => {
  const { acknowledgements, pings } = tAsking();
  let asks = 0;
  let acknowledged = 0;
  acknowledgements.add({ ask: () => void (asks += 1), acknowledge: () => void (acknowledged += 1) });
  acknowledgements.ask();
  // Waits for the answer to that ping, and then for one of its own.
  const read = acknowledgements.untilRead();
  acknowledgements.askOnly();
  acknowledgements.stop();
  await read;
  expect([asks, pings.length, acknowledged]).toEqual([2, 1, 0]);
  acknowledgements.end(true);
  expect([asks, acknowledged]).toEqual([2, 1]);
});
