/** The promises of the service for Apollo Router when it subscribes over WebSockets (mode `passthrough`). */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import type { RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tSocket, type BareSocket, type BareSocketOptions } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';
import { until } from '../support/until.ts';
import type { Promised, Start } from './promise.ts';

/** Apollo Router waits 5 s for the acknowledgement; the service must be well below. */
const hourMs = 3_600_000;

/** With deduplication, the router's operation id is the SHA-256 of the request; without it, a UUID. */
const operationId = () => randomBytes(32).toString('hex');

interface Router {
  readonly app: RunningApp;
  readonly dispatchId: string;
  /** Opens a socket as the router does: with the headers of a subgraph request, and without an Origin. */
  open(headers?: Readonly<Record<string, string>>, options?: BareSocketOptions): Promise<BareSocket>;
  /** The same, after `connection_init` was sent and acknowledged. */
  connect(options?: BareSocketOptions): Promise<BareSocket>;
  token(): Promise<string>;
}

async function tRouter(start: Start, ...how: Parameters<Start>): Promise<Router> {
  const app = await start(...how);
  const open = (headers: Readonly<Record<string, string>> = {}, options: BareSocketOptions = {}) =>
    tSocket(app.wsUrl, {
      ...options,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    });
  return {
    app,
    dispatchId: await createDispatch(app),
    open,
    token: () => app.token(),
    async connect(options) {
      const socket = await open({}, options);
      socket.send({
        type: 'connection_init',
        payload: { connectionParams: { token: `Bearer ${await app.token()}` } },
      });
      await socket.message('connection_ack');
      return socket;
    },
  };
}

/** Subscribes as the router does, which leaves out empty members of the payload. */
function subscribe(socket: BareSocket, id: string, dispatchId: string, after?: string): void {
  const variables = { id: dispatchId, ...(after !== undefined && { after }) };
  socket.send({ type: 'subscribe', id, payload: { query: dispatchUpdated, variables } });
}

const updatesOf = ({ messages }: BareSocket) =>
  messages
    .filter(({ type }) => type === 'next')
    .map(({ payload }) => (payload as { data: { dispatchUpdated: Update } }).data.dispatchUpdated);

/** What the router's client sees when a socket is closed: 1000 is the end of the subscription, all other codes are errors. */
const clientSees = (code: number) => (code === 1000 ? 'an end' : 'WEBSOCKET_CLOSE_ERROR');

export const passthrough: readonly Promised[] = [
  {
    number: 'P1',
    level: 'MUST',
    says: 'upgrades a request with the headers of a subgraph request and without an Origin, to graphql-transport-ws',
    async prove(start) {
      const { open } = await tRouter(start, { CORS_ORIGIN: 'https://board.example' });
      const socket = await open({ 'apollo-require-preflight': 'true', traceparent: '00-00-00-00' });
      expect(socket.socket.protocol).toBe('graphql-transport-ws');
    },
  },
  {
    number: 'P2',
    level: 'MUST',
    says: 'takes the token from {"connectionParams":{"token":…}}, which is the whole Authorization header',
    async prove(start) {
      const { open, token } = await tRouter(start);
      for (const shown of [`Bearer ${await token()}`, await token()]) {
        const socket = await open();
        socket.send({ type: 'connection_init', payload: { connectionParams: { token: shown } } });
        expect(await socket.message('connection_ack')).toEqual({ type: 'connection_ack' });
      }
    },
  },
  {
    number: 'P3',
    level: 'MUST',
    says: 'accepts a connection_init whose payload is null, with the token in the header of the upgrade',
    async prove(start) {
      const { open, token } = await tRouter(start);
      const socket = await open({ authorization: `Bearer ${await token()}` });
      socket.send({ type: 'connection_init', payload: null });
      expect(await socket.message('connection_ack')).toEqual({ type: 'connection_ack' });
    },
  },
  {
    number: 'P4',
    level: 'MUST',
    says: 'acknowledges well under 5 s, and sends no other message before',
    async prove(start) {
      // The router waits for 5 s. Whatever the service waited for would not come, since its clock stands still.
      const { connect } = await tRouter(start, {}, { clock: new ManualClock() });
      const socket = await connect();
      expect(socket.messages.map(({ type }) => type)).toEqual(['connection_ack']);
    },
  },
  {
    number: 'P5',
    level: 'MUST',
    says: 'accepts operation ids of 64 hexadecimal digits and UUIDs, and has no others in its messages',
    async prove(start) {
      const { app, connect, dispatchId } = await tRouter(start);
      for (const id of [operationId(), randomUUID()]) {
        const socket = await connect();
        subscribe(socket, id, dispatchId);
        await socket.message('next');
        await assign(app, dispatchId, id.slice(0, 8));
        await socket.until(() => updatesOf(socket).length === 2);
        const ids = socket.messages.filter((message) => 'id' in message).map((message) => message['id']);
        expect(new Set(ids)).toEqual(new Set([id]));
      }
    },
  },
  {
    number: 'P6',
    level: 'MUST',
    says: 'accepts a payload with empty and null members, as a router may send it',
    async prove(start) {
      const { connect, dispatchId } = await tRouter(start);
      const socket = await connect();
      const query = `subscription Watch { dispatchUpdated(id: "${dispatchId}") { __typename cursor dispatch { __typename id } } }`;
      const payload = { query, operationName: 'Watch', variables: {}, extensions: {} };
      socket.send({ type: 'subscribe', id: operationId(), payload });
      expect(await socket.message('next')).toMatchObject({
        payload: {
          data: {
            dispatchUpdated: {
              __typename: 'DispatchUpdate',
              dispatch: { __typename: 'Dispatch', id: dispatchId },
            },
          },
        },
      });
    },
  },
  {
    number: 'P7',
    level: 'MUST',
    says: 'executes an event once for many sockets of one subscription each',
    async prove(start) {
      const { app, connect, dispatchId } = await tRouter(start);
      const sockets = await Promise.all(Array.from({ length: 20 }, connect));
      for (const socket of sockets) {
        subscribe(socket, operationId(), dispatchId);
        await socket.message('next');
      }
      const before = await app.metric('dispatch_executions_total');
      await assign(app, dispatchId);
      await Promise.all(sockets.map((socket) => socket.until(() => updatesOf(socket).length === 2)));
      expect(await app.metric('dispatch_executions_total')).toBe(before + 1);
    },
  },
  {
    number: 'P8',
    level: 'MUST',
    says: 'answers the heartbeat {"type":"ping"} with a pong',
    async prove(start) {
      const { connect } = await tRouter(start);
      const socket = await connect();
      socket.send({ type: 'ping' });
      expect(await socket.message('pong')).toEqual({ type: 'pong' });
    },
  },
  {
    number: 'P9',
    level: 'MUST',
    says: 'answers a ping frame with a pong frame',
    async prove(start) {
      const { connect } = await tRouter(start);
      const { socket } = await connect();
      const answered = once(socket, 'pong');
      socket.ping('here');
      expect(String((await answered)[0])).toBe('here');
    },
  },
  {
    number: 'P10',
    level: 'MUST',
    says: 'pings by messages of the protocol alone, and keeps a router that answers them without a payload',
    async prove(start) {
      const clock = new ManualClock();
      const { connect, dispatchId, app } = await tRouter(start, { KEEP_ALIVE_MS: '10000' }, { clock });
      let pings = 0;
      const socket = await connect({
        onPing: () => {
          pings += 1;
          socket.send({ type: 'pong' });
        },
      });
      // The WebSocket library of a router answers these without the router.
      let frames = 0;
      socket.socket.on('ping', () => (frames += 1));
      subscribe(socket, operationId(), dispatchId);
      await until('it was pinged often', async () => {
        await clock.advance(1_000);
        return pings >= 5;
      });
      expect(frames).toBe(0);
      await assign(app, dispatchId);
      await socket.until(() => updatesOf(socket).length === 2);
      expect(socket.socket.readyState).toBe(socket.socket.OPEN);
    },
  },
  {
    number: 'P11',
    level: 'MUST',
    says: 'says why it refuses a subscription in an error message with codes, which the router passes on',
    async prove(start) {
      const { app, open } = await tRouter(start);
      const socket = await open();
      const token = await app.token({ sub: 'nobody', permissions: [] });
      socket.send({ type: 'connection_init', payload: { connectionParams: { token } } });
      await socket.message('connection_ack');
      subscribe(socket, operationId(), '1');
      expect(await socket.message('error')).toMatchObject({
        payload: [{ message: expect.any(String), extensions: { code: 'FORBIDDEN' } }],
      });
    },
  },
  {
    number: 'P12',
    level: 'MUST',
    says: 'ends the operation when the router completes it and closes with 1000',
    async prove(start) {
      const { app, connect, dispatchId } = await tRouter(start);
      const socket = await connect();
      const id = operationId();
      subscribe(socket, id, dispatchId);
      await socket.message('next');
      socket.send({ type: 'complete', id });
      socket.socket.close(1000);
      expect((await socket.closed()).code).toBe(1000);
      await until('it is gone', async () => (await app.metric('dispatch_subscriptions')) === 0);
    },
  },
  {
    number: 'P13',
    level: 'MUST',
    says: 'shows a router’s client an error, never an end, when it stops for its own reasons',
    async prove(start) {
      const clock = new ManualClock();
      const { app, open, connect } = await tRouter(start, {}, { clock });
      const anonymous = await open();
      anonymous.send({ type: 'connection_init', payload: null });
      expect(clientSees((await anonymous.closed()).code)).toBe('WEBSOCKET_CLOSE_ERROR');

      const expiring = await open();
      expiring.send({
        type: 'connection_init',
        payload: { connectionParams: { token: await app.token({}, 60_000) } },
      });
      await expiring.message('connection_ack');
      await clock.advance(hourMs);
      expect(clientSees((await expiring.closed()).code)).toBe('WEBSOCKET_CLOSE_ERROR');

      const interrupted = await connect();
      await app.close();
      const { code, reason } = await interrupted.closed();
      expect(clientSees(code)).toBe('WEBSOCKET_CLOSE_ERROR');
      expect(reason).not.toBe('');
    },
  },
  {
    number: 'P14',
    level: 'MUST',
    says: 'resumes after a cursor on another socket, since the router drops extensions and cursors are fields',
    async prove(start) {
      const { app, connect, dispatchId } = await tRouter(start);
      const first = await connect();
      subscribe(first, operationId(), dispatchId);
      await first.message('next');
      first.socket.terminate();
      await assign(app, dispatchId);
      await move(app, dispatchId, 'EN_CAMINO');
      const second = await connect();
      subscribe(second, operationId(), dispatchId, updatesOf(first)[0]!.cursor);
      await second.until(() => updatesOf(second).length === 2);
      expect(updatesOf(second).map(({ dispatch }) => dispatch.version)).toEqual([2, 3]);
    },
  },
];
