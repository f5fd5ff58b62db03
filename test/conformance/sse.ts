/** The promises of the service for GraphQL over Server-Sent Events, distinct connections mode. */
import { expect } from '@jest/globals';
import { ManualClock } from '../support/clock.ts';
import { tEventStream } from '../support/event-stream.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';
import { until } from '../support/until.ts';
import type { Promised, Start } from './promise.ts';

/** A service with a dispatch, and a way to ask it. */
async function tStreaming(start: Start, ...how: Parameters<Start>) {
  const app = await start(...how);
  const dispatchId = await createDispatch(app);
  const url = `${app.url}/graphql`;
  const ask = async (body: unknown, token?: string) =>
    tEventStream(url, { body, token: token ?? (await app.token()) });
  const watch = (after?: string) =>
    ask({
      query: dispatchUpdated,
      variables: { id: dispatchId, ...(after !== undefined && { after }) },
    });
  return { app, dispatchId, url, ask, watch };
}

const updateIn = (data: unknown) =>
  (data as { readonly data: { readonly dispatchUpdated: Update } }).data.dispatchUpdated;

export const serverSentEvents: readonly Promised[] = [
  {
    number: 'S1',
    level: 'MUST',
    says: 'answers Accept: text/event-stream with that type, uncached',
    async prove(start) {
      const { watch } = await tStreaming(start);
      const stream = await watch();
      expect(stream.status).toBe(200);
      expect(stream.response.headers['content-type']).toMatch(/^text\/event-stream/);
      expect(stream.response.headers['cache-control']).toMatch(/no-cache/);
    },
  },
  {
    number: 'S2',
    level: 'MUST',
    says: 'sends each result as a next event, and a complete event after the last',
    async prove(start) {
      const { ask, watch, app, dispatchId } = await tStreaming(start);
      const query = await ask({ query: '{ despachos { id } }' });
      await query.over();
      expect(query.events).toEqual([
        { event: 'next', data: { data: { despachos: [{ id: dispatchId }] } } },
        { event: 'complete', data: null },
      ]);
      const subscription = await watch();
      await assign(app, dispatchId);
      await subscription.until(({ events }) => events.length >= 2);
      expect(subscription.events.map(({ event }) => event)).toEqual(['next', 'next']);
    },
  },
  {
    number: 'S3',
    level: 'MUST',
    says: 'reports what does not parse, validate or is not allowed by next events',
    async prove(start) {
      const { ask, app } = await tStreaming(start);
      const nobody = await app.token({ sub: 'nobody', permissions: [] });
      const cases = [
        ['GRAPHQL_PARSE_FAILED', '{', undefined],
        ['GRAPHQL_VALIDATION_FAILED', 'subscription { nothing }', undefined],
        ['FORBIDDEN', 'subscription { dispatchesUpdated { cursor } }', nobody],
      ] as const;
      for (const [code, query, token] of cases) {
        const stream = await ask({ query }, token);
        await stream.over();
        expect(stream.status).toBe(200);
        expect(stream.events).toMatchObject([
          { event: 'next', data: { errors: [{ extensions: { code } }] } },
          { event: 'complete' },
        ]);
      }
    },
  },
  {
    number: 'S4',
    level: 'MUST',
    says: 'answers requests that are not GraphQL, or have no valid token, with a status and JSON',
    async prove(start) {
      const { ask, url } = await tStreaming(start);
      for (const body of [{}, { query: 1 }, { query: '{ despachos { id } }', variables: [] }]) {
        const stream = await ask(body);
        expect(stream.status).toBe(400);
        expect(JSON.parse((await stream.over()).text)).toMatchObject({
          errors: [{ extensions: { code: 'BAD_REQUEST' } }],
        });
      }
      const anonymous = await tEventStream(url, { body: { query: '{ despachos { id } }' } });
      expect(anonymous.status).toBe(401);
    },
  },
  {
    number: 'S5',
    level: 'MUST',
    says: 'accepts GET as well as POST',
    async prove(start) {
      const { app, url, dispatchId } = await tStreaming(start);
      const search = new URLSearchParams({
        query: dispatchUpdated,
        variables: JSON.stringify({ id: dispatchId }),
      });
      const stream = await tEventStream(`${url}?${search}`, { token: await app.token() });
      await stream.until(({ events }) => events.length === 1);
      expect(updateIn(stream.events[0]!.data).changeType).toBe('SNAPSHOT');
    },
  },
  {
    number: 'S6',
    level: 'SHOULD',
    says: 'keeps a silent stream alive by comments',
    async prove(start) {
      const { watch } = await tStreaming(start, { KEEP_ALIVE_MS: '50' });
      const stream = await watch();
      await stream.until(({ comments }) => comments >= 4);
      expect(stream.events).toHaveLength(1);
    },
  },
  {
    number: 'S7',
    level: 'MUST',
    says: 'takes a closed connection as the end of the subscription',
    async prove(start) {
      const { app, watch } = await tStreaming(start);
      const stream = await watch();
      await stream.until(({ events }) => events.length === 1);
      expect(await app.metric('dispatch_subscriptions')).toBe(1);
      stream.response.destroy();
      await until('it is left', async () => (await app.metric('dispatch_subscriptions')) === 0);
    },
  },
  {
    number: 'S8',
    level: 'MUST',
    says: 'resumes after a cursor',
    async prove(start) {
      const { app, watch, dispatchId } = await tStreaming(start);
      const first = await watch();
      await first.until(({ events }) => events.length === 1);
      first.response.destroy();
      await assign(app, dispatchId);
      await move(app, dispatchId, 'EN_CAMINO');
      const second = await watch(updateIn(first.events[0]!.data).cursor);
      await second.until(({ events }) => events.length === 2);
      expect(second.events.map(({ data }) => updateIn(data).dispatch.version)).toEqual([2, 3]);
    },
  },
  {
    number: 'S9',
    level: 'MUST',
    says: 'ends a stream without a complete event when its client should come back',
    async prove(start) {
      const clock = new ManualClock();
      const { app, ask, watch } = await tStreaming(start, {}, { clock });
      const query = 'subscription { dispatchesUpdated { cursor } }';
      const expiring = await ask({ query }, await app.token({}, 60_000));
      await clock.advance(90_000);
      expect(await expiring.over()).toMatchObject({ isComplete: false });
      const interrupted = await watch();
      await interrupted.until(({ events }) => events.length === 1);
      await app.close();
      expect(await interrupted.over()).toMatchObject({ isComplete: false });
    },
  },
];
