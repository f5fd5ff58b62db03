/** Proves that the outbox writes valid frames (RFC 6455), one write for each flush, within its bounds, and conflates positions. */
import type { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import * as ws from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Viewer } from '../../src/auth/viewer.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { UnreadBytes, type UnreadLimits } from '../../src/operations/unread.ts';
import { FlushScheduler } from '../../src/transports/flush-scheduler.ts';
import { Outbox } from '../../src/transports/outbox.ts';
import { nextMessageHead, webSocketFraming } from '../../src/transports/websocket/framing.ts';
import { ManualClock } from '../support/clock.ts';

/** An outbox on a socket whose buffer can be full. */
function tOutbox(maxBytes = 10_000, maxMessageBytes = maxBytes, onWrite?: (outbox: Outbox) => void) {
  const metrics = createMetrics();
  const writes: Buffer[] = [];
  const socket = {
    accepts: true,
    destroyed: false,
    writableLength: 0,
    write(bytes: Buffer) {
      // The outbox uses the memory of a finished write again, so the bytes are copied here.
      writes.push(Buffer.from(bytes));
      return this.accepts;
    },
  };
  let overflows = 0;
  const scheduler = new FlushScheduler({ maxWindowMs: 0, clock: new ManualClock(), metrics });
  const settings = { scheduler, metrics, maxBytes, maxMessageBytes, framing: webSocketFraming };
  const outbox: Outbox = new Outbox(settings, socket, {
    overflowed: () => void (overflows += 1),
    beforeWrite: (now) => {
      onWrite?.(outbox);
      return now;
    },
  });
  return { outbox, socket, writes, metrics, overflows: () => overflows, read: () => readMessages(writes) };
}

const viewer: Viewer = {
  ...{ id: 'ana', name: null, role: 'dispatcher', permissions: new Set<string>() },
  ...{ ambulanciaId: null, expiresAt: null },
};

/** What waits for one viewer, and for all. */
function tUnread(limits: Partial<UnreadLimits> = {}) {
  const max = { maxUnreadBytesPerViewer: 1_000_000, maxUnreadBytes: 1_000_000 };
  const all = new UnreadBytes({ ...max, ...limits }, createMetrics());
  return { all, unread: all.ofViewer(viewer) };
}

const frame = (value: unknown, conflationKey?: string) => ({
  payload: Buffer.from(JSON.stringify({ data: value })),
  conflationKey,
});

/** The parser of ws, whose types are not published. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; allowSynchronousEvents: boolean }) => Writable;
};

/** The messages that a client reads from the bytes. */
async function readMessages(writes: readonly Buffer[]): Promise<unknown[]> {
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
  const messages: unknown[] = [];
  receiver.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
  receiver.end(Buffer.concat(writes));
  await once(receiver, 'finish');
  return messages;
}

describe('an outbox', () => {
  test('writes everything that is due in one write, in order', async () => {
    const { outbox, writes, read } = tOutbox();
    outbox.pushText('{"type":"connection_ack"}');
    outbox.pushFrame(nextMessageHead('one'), frame({ n: 1 }));
    outbox.pushFrame(nextMessageHead('two'), frame({ n: 2 }));
    outbox.flush();
    expect(writes).toHaveLength(1);
    expect(await read()).toEqual([
      { type: 'connection_ack' },
      { id: 'one', type: 'next', payload: { data: { n: 1 } } },
      { id: 'two', type: 'next', payload: { data: { n: 2 } } },
    ]);
  });

  test('has what is added to frames that are about to be written written with them', async () => {
    const { outbox, writes, read } = tOutbox(10_000, 10_000, (own) => {
      own.noteAsked();
      own.pushText('{"type":"ping"}');
    });
    outbox.pushText('{"type":"connection_ack"}');
    outbox.flush();
    outbox.pushFrame(nextMessageHead('one'), frame({ n: 1 }));
    outbox.flush();
    outbox.flush();
    expect(writes).toHaveLength(2);
    expect(await read()).toEqual([
      { type: 'connection_ack' },
      { id: 'one', type: 'next', payload: { data: { n: 1 } } },
      { type: 'ping' },
    ]);
  });

  test('asks its owner again when that wants to be asked, or when the client was asked what it has', () => {
    const { socket, metrics } = tOutbox();
    const scheduler = new FlushScheduler({ maxWindowMs: 0, clock: new ManualClock(), metrics });
    const asked: number[] = [];
    const beforeWrite = (now: number) => {
      asked.push(now);
      return now + 1_000;
    };
    const settings = {
      scheduler,
      metrics,
      maxBytes: 1_000,
      maxMessageBytes: 1_000,
      framing: webSocketFraming,
    };
    const outbox = new Outbox(settings, socket, { overflowed: () => undefined, beforeWrite });
    const write = (now: number) => {
      outbox.pushFrame(nextMessageHead('one'), frame({ now }));
      outbox.flush(now);
    };
    for (const now of [10, 500, 1_009, 1_010, 1_500]) write(now);
    outbox.noteAsked();
    write(1_600);
    expect(asked).toEqual([10, 1_010, 1_600]);
  });

  test.each([0, 60, 125, 126, 127, 40_000, 65_535, 65_536, 200_000])(
    'frames a message of about %i bytes rightly',
    async (size) => {
      const { outbox, read } = tOutbox(1_000_000);
      const text = 'ñ'.repeat(size / 2);
      outbox.pushFrame(nextMessageHead('a'), frame(text));
      outbox.pushText(JSON.stringify({ after: true }));
      outbox.flush();
      expect(await read()).toEqual([{ id: 'a', type: 'next', payload: { data: text } }, { after: true }]);
    },
  );

  test.each(['"quoted"', 'línea-ñ', '💡', '\u0000\n', 'f'.repeat(64)])(
    'keeps the operation id %j',
    async (id) => {
      const { outbox, read } = tOutbox();
      outbox.pushFrame(nextMessageHead(id), frame(1));
      outbox.flush();
      expect(await read()).toEqual([{ id, type: 'next', payload: { data: 1 } }]);
    },
  );

  test('waits while the socket is full, and goes on when it is empty', async () => {
    const { outbox, socket, writes, read } = tOutbox();
    socket.accepts = false;
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    outbox.flush();
    outbox.pushFrame(nextMessageHead('a'), frame(2));
    outbox.flush();
    expect(writes).toHaveLength(1);
    socket.accepts = true;
    outbox.drained();
    expect(writes).toHaveLength(2);
    expect(await read()).toHaveLength(2);
  });

  test('replaces older positions only while the reader is slow', async () => {
    const { outbox, socket, read, metrics } = tOutbox();
    outbox.pushFrame(nextMessageHead('a'), frame({ at: 1 }, 'x'));
    outbox.pushFrame(nextMessageHead('a'), frame({ at: 2 }, 'x'));
    socket.accepts = false;
    outbox.flush();
    for (const at of [3, 4, 5]) outbox.pushFrame(nextMessageHead('a'), frame({ at }, 'x'));
    outbox.pushFrame(nextMessageHead('b'), frame({ at: 6 }, 'x'));
    outbox.pushFrame(nextMessageHead('a'), frame({ change: 7 }));
    outbox.pushFrame(nextMessageHead('a'), frame({ at: 8 }, 'x'));
    socket.accepts = true;
    outbox.drained();
    const shown = (await read()).map((message) => (message as { payload: { data: unknown } }).payload.data);
    expect(shown).toEqual([{ at: 1 }, { at: 2 }, { at: 8 }, { at: 6 }, { change: 7 }]);
    expect((await metrics.conflated.get()).values[0]!.value).toBe(3);
    expect(outbox.bytes).toBe(0);
  });

  test('reports a slow reader when its bound is exceeded, and drops what waited', async () => {
    const { outbox, socket, overflows, metrics } = tOutbox(500);
    socket.accepts = false;
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    outbox.flush();
    for (let index = 0; index < 50; index += 1) outbox.pushFrame(nextMessageHead('a'), frame(index));
    expect(overflows()).toBe(1);
    expect(outbox.bytes).toBe(0);
    expect((await metrics.outboxBytes.get()).values[0]!.value).toBe(0);
  });

  test('takes one message that is larger, where nothing else waits', async () => {
    const { outbox, socket, overflows, read } = tOutbox(500, 5_000);
    outbox.unread = tUnread().unread;
    const large = 'x'.repeat(4_000);
    outbox.pushFrame(nextMessageHead('a'), frame(large));
    outbox.pushText('"behind"');
    expect(overflows()).toBe(0);
    outbox.flush();
    socket.accepts = false;
    outbox.pushFrame(nextMessageHead('a'), frame(large));
    outbox.flush();
    expect(await read()).toHaveLength(3);
    // The socket has not taken the last one: another one would be the second that waits.
    outbox.pushFrame(nextMessageHead('a'), frame(large));
    expect(overflows()).toBe(1);
  });

  test.each([
    ['behind another message', '"x"', 4_000],
    ['that is larger than any may be', '', 6_000],
  ])('takes no larger message %s', (_what, before, size) => {
    const { outbox, overflows } = tOutbox(500, 5_000);
    outbox.unread = tUnread().unread;
    if (before !== '') outbox.pushText(before);
    outbox.pushFrame(nextMessageHead('a'), frame('x'.repeat(size)));
    expect(overflows()).toBe(1);
  });

  test('counts what waits as unread until the socket has taken it', () => {
    const { outbox, socket } = tOutbox();
    const { unread, all } = tUnread();
    outbox.unread = unread;
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    outbox.flush();
    expect(all.total).toBe(0);
    socket.accepts = false;
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    outbox.flush();
    const written = all.total;
    expect(written).toBeGreaterThan(0);
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    expect(all.total).toBe(2 * written);
    outbox.end();
    expect(all.total).toBe(written);
    outbox.closed();
    expect(all.total).toBe(0);
  });

  test.each(['maxUnreadBytesPerViewer', 'maxUnreadBytes'])(
    'of a reader who is behind gives way at %s',
    (limit) => {
      const { outbox, socket, overflows } = tOutbox(1_000_000);
      const { all, unread } = tUnread({ [limit]: 100_000 });
      outbox.unread = unread;
      const other = limit === 'maxUnreadBytes' ? 'somebody else' : viewer.id;
      all.ofViewer({ ...viewer, id: other }).add(80_000);
      socket.accepts = false;
      outbox.pushText('x'.repeat(100));
      outbox.flush();
      outbox.pushText('x'.repeat(18_000));
      expect(overflows()).toBe(0);
      outbox.pushText('x'.repeat(9_000));
      expect(overflows()).toBe(1);
    },
  );

  test('says when there is room for an answer', async () => {
    const { outbox, socket } = tOutbox(500, 5_000);
    expect(outbox.roomFor(4_000)).toBeUndefined();
    outbox.pushText('x'.repeat(100));
    expect(outbox.roomFor(300)).toBeUndefined();
    expect(outbox.roomFor(4_000)).toBeInstanceOf(Promise);
    socket.accepts = false;
    outbox.flush();
    const room = outbox.roomFor(4_000);
    expect(room).toBeInstanceOf(Promise);
    socket.accepts = true;
    outbox.drained();
    await room;
    expect(outbox.roomFor(4_000)).toBeUndefined();
  });

  test('is ready again when half of the bound is free, and when it ends', async () => {
    const { outbox, socket } = tOutbox(400);
    expect(outbox.ready()).toBeUndefined();
    socket.accepts = false;
    outbox.pushFrame(nextMessageHead('a'), frame(1));
    outbox.flush();
    for (let index = 0; index < 5; index += 1) outbox.pushFrame(nextMessageHead('a'), frame(index));
    const room = outbox.ready();
    expect(room).toBeInstanceOf(Promise);
    socket.accepts = true;
    outbox.drained();
    await room;

    socket.accepts = false;
    for (let index = 0; index < 5; index += 1) outbox.pushFrame(nextMessageHead('a'), frame(index));
    const again = outbox.ready();
    outbox.end();
    await again;
  });
});

test('frames that bypass ws arrive between those of ws', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ noServer: true });
  const metrics = createMetrics();
  const scheduler = new FlushScheduler({ maxWindowMs: 0, clock: new ManualClock(), metrics });
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const settings = { scheduler, metrics, framing: webSocketFraming, maxBytes: 1e6, maxMessageBytes: 1e6 };
      const outbox = new Outbox(settings, socket, { overflowed: () => undefined });
      for (let index = 0; index < 100; index += 1) {
        outbox.pushFrame(nextMessageHead('a'), frame(index));
        if (index % 10 === 0) webSocket.ping();
      }
      outbox.pushText('"end"');
    }),
  );
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const received: unknown[] = [];
  let pings = 0;
  client.on('ping', () => (pings += 1));
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      if (message === 'end') resolve();
      else received.push((message as { payload: { data: number } }).payload.data);
    });
  });
  expect(received).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(pings).toBe(10);
  client.terminate();
  sockets.close();
  server.close();
  await once(server, 'close');
});
