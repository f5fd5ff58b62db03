/** When a socket is asked what it has received: with the frames themselves, at most once a second, and never twice at a time. */
import { expect, test } from '@jest/globals';
import { Heartbeat, type Beating } from '../../../src/transports/websocket/heartbeat.ts';

const keepAliveMs = 12_000;

/** A socket that counts its pings; frames come and pongs come when the test says so. */
function tSocket() {
  const socket = {
    closingAt: null,
    mayBePinged: true,
    awaitsPong: false,
    isAckDue: false,
    pings: 0,
    ping() {
      socket.pings += 1;
      socket.awaitsPong = true;
      socket.isAckDue = false;
    },
    missPong() {},
    terminate() {},
  };
  const heartbeat = new Heartbeat(keepAliveMs);
  const beating: Beating = socket;
  const write = (at: number) => {
    socket.isAckDue = true;
    heartbeat.ride(beating, at);
  };
  return { socket, write, look: (at: number) => heartbeat.look(beating, at) };
}

test('the first frame takes a ping along, and within a second no other one does', () => {
  const { socket, write } = tSocket();
  write(5_000);
  expect(socket.pings).toBe(1);
  socket.awaitsPong = false;
  for (const at of [5_100, 5_500, 5_999]) write(at);
  expect(socket.pings).toBe(1);
  write(6_000);
  expect(socket.pings).toBe(2);
});

test('what came behind a ping that went along is asked for by the next look', () => {
  const { socket, write, look } = tSocket();
  look(1);
  write(5_000);
  write(5_100);
  look(5_200);
  expect(socket.pings).toBe(1);
  socket.awaitsPong = false;
  look(6_200);
  expect(socket.pings).toBe(2);
  socket.awaitsPong = false;
  look(7_200);
  expect(socket.pings).toBe(2);
});

test('what was just written waits for frames that take a ping along, which costs no write, but less than a second', () => {
  const { socket, write, look } = tSocket();
  look(1);
  write(5_000);
  socket.awaitsPong = false;
  write(5_400);
  for (const at of [5_500, 5_750, 6_000]) look(at);
  expect(socket.pings).toBe(1);
  write(6_050);
  expect(socket.pings).toBe(2);
  socket.awaitsPong = false;
  write(6_300);
  for (const at of [6_500, 6_750, 7_000, 7_250]) look(at);
  expect(socket.pings).toBe(3);
});

test('whoever asks for a sign of life is not kept waiting', () => {
  const { socket, look } = tSocket();
  look(1);
  socket.isAckDue = true;
  look(250);
  expect(socket.pings).toBe(1);
});

test.each([
  ['a ping is not answered', { awaitsPong: true }],
  ['it may not be pinged', { mayBePinged: false }],
])('no ping goes along while %s', (_, state) => {
  const { socket, write } = tSocket();
  Object.assign(socket, state);
  write(5_000);
  expect(socket.pings).toBe(0);
});
