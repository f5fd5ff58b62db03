/** An operation on a socket that leaves: nothing of it is sent that its client was not asked for. */
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { OpenStream } from '../../../src/operations/operations.ts';
import type { Frame } from '../../../src/realtime/frame.ts';
import { Acknowledgements } from '../../../src/transports/websocket/acknowledgements.ts';
import { SocketOperation } from '../../../src/transports/websocket/socket-operation.ts';

function tOperation() {
  const sent: string[] = [];
  const acknowledgements = new Acknowledgements({ send: (text) => void sent.push(text) }, false);
  const operation = new SocketOperation(
    {
      close: () => {},
      terminate: () => {},
      doubted: () => {},
      mayComeBack: true,
      session: { viewer: { id: 'ana' } },
      acknowledgements,
      outbox: { pushFrame: (head) => void sent.push(head), ready: () => undefined },
    },
    'id',
  );
  const calls: string[] = [];
  const stream = {
    start: () => void calls.push('start'),
    leave: () => void calls.push('leave'),
  } as unknown as OpenStream;
  return { operation, stream, calls, acknowledgements, sent };
}

test('a stream that is found begins', () => {
  const { operation, stream, calls } = tOperation();
  operation.begin(stream, null);
  expect(calls).toEqual(['start']);
});

test('a stream that is found when its socket is about to leave does not begin, and is left', () => {
  const { operation, stream, calls } = tOperation();
  operation.stop();
  operation.begin(stream, null);
  expect(calls).toEqual(['leave']);
});

const frame = { payload: Buffer.from('{}'), conflationKey: undefined, cursor: '' } as unknown as Frame;

/** Sends until it has to wait. Returns how many there were. */
function sendAll({ operation }: Pick<ReturnType<typeof tOperation>, 'operation'>, most = 100): number {
  let count = 0;
  for (; count < most && !operation.ready(); count += 1) operation.send(frame);
  return count;
}

const pingsIn = ({ sent }: Pick<ReturnType<typeof tOperation>, 'sent'>) =>
  sent
    .filter((text) => text.includes('"ping"'))
    .map((text) => (JSON.parse(text) as { payload: object }).payload);

test('who sends no payload back, as routers do, is sent the past in portions, each when the one before was read', async () => {
  const one = tOperation();
  for (let portions = 1; portions <= 3; portions += 1) {
    expect(sendAll(one)).toBe(16);
    const read = one.operation.ready();
    // It is not asked once more while it is waited for.
    expect(one.operation.ready()).toBe(read);
    await immediate();
    expect(pingsIn(one)).toHaveLength(portions);
    one.acknowledgements.take(undefined);
    await read;
  }
});

test('a ping that was under way before says nothing of a portion', async () => {
  const one = tOperation();
  one.acknowledgements.ask();
  sendAll(one);
  const read = one.operation.ready();
  one.acknowledgements.take(undefined);
  await immediate();
  expect(one.operation.ready()).toBe(read);
  one.acknowledgements.take(undefined);
  await read;
  expect(one.operation.ready()).toBeUndefined();
});

test('a client is asked once whether it is one, and then sent all of it', async () => {
  const one = tOperation();
  sendAll(one);
  const read = one.operation.ready();
  await immediate();
  one.acknowledgements.take({ ...pingsIn(one)[0] });
  await read;
  expect(sendAll(one)).toBe(100);
});

test('who has gone is not waited for', async () => {
  const one = tOperation();
  sendAll(one);
  const read = one.operation.ready();
  one.acknowledgements.end(false);
  await read;
  expect(one.operation.ready()).toBeUndefined();
});
