/** An operation on a socket that leaves: nothing of it is sent that its client was not asked for. */
import { expect, test } from '@jest/globals';
import type { OpenStream } from '../../../src/operations/operations.ts';
import { Acknowledgements } from '../../../src/transports/websocket/acknowledgements.ts';
import { SocketOperation } from '../../../src/transports/websocket/socket-operation.ts';

function tOperation() {
  const sent: string[] = [];
  const operation = new SocketOperation(
    {
      close: () => {},
      terminate: () => {},
      doubted: () => {},
      mayComeBack: true,
      session: { viewer: { id: 'ana' } },
      acknowledgements: new Acknowledgements({ send: (text) => void sent.push(text) }, false),
      outbox: { pushFrame: (head) => void sent.push(head), ready: () => undefined },
    },
    'id',
  );
  const calls: string[] = [];
  const stream = {
    start: () => void calls.push('start'),
    leave: () => void calls.push('leave'),
  } as unknown as OpenStream;
  return { operation, stream, calls };
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
