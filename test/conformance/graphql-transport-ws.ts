/** The promises of the service for the protocol graphql-transport-ws (PROTOCOL.md of the package graphql-ws). */
import { expect } from '@jest/globals';
import { tAcknowledgedSocket, tSocket, type BareSocket } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated } from '../support/operations.ts';
import { renewByPing } from '../support/renewal.ts';
import { until } from '../support/until.ts';
import type { Promised, Start } from './promise.ts';

const subscribeTo = (id: string, dispatchId: string) => ({
  id,
  type: 'subscribe',
  payload: { query: dispatchUpdated, variables: { id: dispatchId } },
});

/** A service with a dispatch, and an acknowledged socket to it. */
async function tConnected(start: Start, env: Record<string, string> = {}) {
  const app = await start(env);
  const dispatchId = await createDispatch(app);
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  return { app, dispatchId, socket };
}

const closedBy = async (start: Start, env: Record<string, string>, ...messages: readonly unknown[]) => {
  const app = await start(env);
  const socket = await tSocket(app.wsUrl);
  for (const message of messages) socket.send(message);
  return (await socket.closed()).code;
};

const of = ({ messages }: BareSocket, id: string) =>
  messages.filter((message) => message['id'] === id).map(({ type }) => type);

export const graphqlTransportWs: readonly Promised[] = [
  {
    number: 'W1',
    level: 'MUST',
    says: 'speaks graphql-transport-ws, also where a client offers more than that',
    async prove(start) {
      const app = await start();
      const socket = await tSocket(app.wsUrl, { protocols: ['graphql-ws', 'graphql-transport-ws'] });
      expect(socket.socket.protocol).toBe('graphql-transport-ws');
    },
  },
  {
    number: 'W2',
    level: 'MUST',
    says: 'closes with 4406 where a client does not offer it',
    async prove(start) {
      const app = await start();
      const socket = await tSocket(app.wsUrl, { protocols: [] });
      expect((await socket.closed()).code).toBe(4406);
    },
  },
  {
    number: 'W3',
    level: 'MUST',
    says: 'acknowledges connection_init once',
    async prove(start) {
      const { socket } = await tConnected(start);
      socket.send({ type: 'ping' });
      await socket.message('pong');
      expect(socket.messages.map(({ type }) => type)).toEqual(['connection_ack', 'pong']);
    },
  },
  {
    number: 'W4',
    level: 'MUST',
    says: 'closes with 4408 when connection_init does not come in time',
    async prove(start) {
      expect(await closedBy(start, { CONNECTION_INIT_TIMEOUT_MS: '100' })).toBe(4408);
    },
  },
  {
    number: 'W5',
    level: 'MUST',
    says: 'closes with 4429 upon a second connection_init',
    async prove(start) {
      const { socket } = await tConnected(start);
      socket.send({ type: 'connection_init' });
      expect((await socket.closed()).code).toBe(4429);
    },
  },
  {
    number: 'W6',
    level: 'MUST',
    says: 'closes with 4401 upon a subscribe before the acknowledgement',
    async prove(start) {
      expect(await closedBy(start, {}, subscribeTo('1', '1'))).toBe(4401);
    },
  },
  {
    number: 'W7',
    level: 'MUST',
    says: 'closes with 4400 upon a message that is not of the protocol',
    async prove(start) {
      for (const message of ['no JSON', '[]', { type: 'unknown' }, { type: 'subscribe', id: '' }])
        expect(await closedBy(start, {}, message)).toBe(4400);
    },
  },
  {
    number: 'W8',
    level: 'MUST',
    says: 'closes with 4409 when an operation id is in use',
    async prove(start) {
      const { socket, dispatchId } = await tConnected(start);
      socket.send(subscribeTo('1', dispatchId));
      await socket.message('next', '1');
      socket.send(subscribeTo('1', dispatchId));
      expect((await socket.closed()).code).toBe(4409);
    },
  },
  {
    number: 'W9',
    level: 'MUST',
    says: 'answers a ping with a pong of the same payload, also before the acknowledgement',
    async prove(start) {
      const app = await start();
      const socket = await tSocket(app.wsUrl);
      socket.send({ type: 'ping', payload: { n: 1 } });
      expect(await socket.message('pong')).toEqual({ type: 'pong', payload: { n: 1 } });
    },
  },
  {
    number: 'W10',
    level: 'MUST',
    says: 'ignores a pong that nobody asked for',
    async prove(start) {
      const { socket } = await tConnected(start);
      socket.send({ type: 'pong' });
      socket.send({ type: 'ping' });
      expect(await socket.message('pong')).toEqual({ type: 'pong' });
    },
  },
  {
    number: 'W11',
    level: 'MUST',
    says: 'answers a query with one next and a complete',
    async prove(start) {
      const { socket, dispatchId } = await tConnected(start);
      socket.send({ id: 'q', type: 'subscribe', payload: { query: '{ despachos { id } }' } });
      await socket.message('complete', 'q');
      expect(of(socket, 'q')).toEqual(['next', 'complete']);
      expect(await socket.message('next', 'q')).toEqual({
        id: 'q',
        type: 'next',
        payload: { data: { despachos: [{ id: dispatchId }] } },
      });
    },
  },
  {
    number: 'W12',
    level: 'MUST',
    says: 'sends no complete after an error, and the id may be used again',
    async prove(start) {
      const { socket, dispatchId } = await tConnected(start);
      socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { nothing }' } });
      expect(await socket.message('error', '1')).toMatchObject({
        payload: [{ message: expect.any(String), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
      });
      socket.send(subscribeTo('1', dispatchId));
      await socket.message('next', '1');
      expect(of(socket, '1')).toEqual(['error', 'next']);
    },
  },
  {
    number: 'W13',
    level: 'MUST',
    says: 'stops an operation that the client completes, and leaves the others',
    async prove(start) {
      const { app, socket, dispatchId } = await tConnected(start);
      socket.send(subscribeTo('a', dispatchId));
      socket.send(subscribeTo('b', dispatchId));
      await Promise.all([socket.message('next', 'a'), socket.message('next', 'b')]);
      socket.send({ id: 'a', type: 'complete' });
      await until('one is left', async () => (await app.metric('dispatch_subscriptions')) === 1);
      await assign(app, dispatchId);
      await socket.until(() => of(socket, 'b').length === 2);
      expect(of(socket, 'a')).toEqual(['next']);
    },
  },
  {
    number: 'W14',
    level: 'MUST',
    says: 'ignores a complete for an operation that it does not know',
    async prove(start) {
      const { socket } = await tConnected(start);
      socket.send({ id: 'nothing', type: 'complete' });
      socket.send({ type: 'ping' });
      expect(await socket.message('pong')).toEqual({ type: 'pong' });
    },
  },
  {
    number: 'W15',
    level: 'SHOULD',
    says: 'gives each operation its own messages, many on one socket',
    async prove(start) {
      const { app, socket, dispatchId } = await tConnected(start);
      const ids = Array.from({ length: 50 }, (_, index) => `operation ${index}`);
      for (const id of ids) socket.send(subscribeTo(id, dispatchId));
      await Promise.all(ids.map((id) => socket.message('next', id)));
      await assign(app, dispatchId);
      await socket.until(() => ids.every((id) => of(socket, id).length === 2));
      expect(of(socket, ids[49]!)).toEqual(['next', 'next']);
    },
  },
  {
    number: 'W16',
    level: 'MUST',
    says: 'answers a ping with a newer token of its viewer by a pong, and goes on with everything that it allows',
    async prove(start) {
      const { app, socket, dispatchId } = await tConnected(start);
      socket.send(subscribeTo('a', dispatchId));
      await socket.message('next', 'a');
      const { data } = await renewByPing(socket, { token: await app.token({ role: 'doctor' }) });
      expect(data).toEqual({ renewSession: { expiresAt: expect.any(String) } });
      await assign(app, dispatchId);
      await socket.until(() => of(socket, 'a').length === 2);
    },
  },
  {
    number: 'W17',
    level: 'MUST',
    says: 'ends what a newer token does not allow by an error, and only that',
    async prove(start) {
      const { app, socket, dispatchId } = await tConnected(start);
      socket.send(subscribeTo('a', dispatchId));
      await socket.message('next', 'a');
      socket.send({
        id: 'b',
        type: 'subscribe',
        payload: { query: 'subscription { presenceChanged { userId } }' },
      });
      await until('both are live', async () => (await app.metric('dispatch_subscriptions')) === 2);
      await renewByPing(socket, { token: await app.token({ role: 'doctor' }) });
      expect([of(socket, 'a'), of(socket, 'b')]).toEqual([['next'], ['error']]);
    },
  },
];
