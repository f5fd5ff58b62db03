/** The promises of the service for subscriptions as parts of HTTP (`multipart/mixed;subscriptionSpec=1.0`). */
import { expect } from '@jest/globals';
import { tParts } from '../support/multipart.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { until } from '../support/until.ts';
import type { Promised, Start } from './promise.ts';

/** A service with a dispatch, and a way to watch it. */
async function tWatched(start: Start, ...how: Parameters<Start>) {
  const app = await start(...how);
  const id = await createDispatch(app);
  const ask = async (body: unknown, token?: string) =>
    tParts(app.url, { body, token: token ?? (await app.token()) });
  const watch = (after?: string) => ask({ query: dispatchUpdated, variables: { id, after } });
  return { app, id, ask, watch };
}

const updateIn = (content: unknown) =>
  (content as { readonly payload: { readonly data: { readonly dispatchUpdated: Update } } }).payload.data
    .dispatchUpdated;

export const multipartSubscriptions: readonly Promised[] = [
  {
    number: 'M1',
    level: 'MUST',
    says: 'names the type, the delimiter and the specification that it answers with',
    async prove(start) {
      const { watch } = await tWatched(start);
      const { response } = await watch();
      expect(response.statusCode).toBe(200);
      const type = response.headers['content-type']!;
      expect(type).toMatch(/^multipart\/mixed;/);
      expect(type).toMatch(/boundary="?graphql"?/);
      expect(type).toMatch(/subscriptionSpec="?1\.0"?/);
    },
  },
  {
    number: 'M2',
    level: 'MUST',
    says: 'wraps each result in a payload, in a part of its own',
    async prove(start) {
      const { app, id, watch } = await tWatched(start);
      const parts = await watch();
      await assign(app, id);
      await parts.until(({ payloads }) => payloads.length >= 2);
      expect(parts.payloads.map((content) => updateIn(content).dispatch.version)).toEqual([1, 2]);
    },
  },
  {
    number: 'M3',
    level: 'MUST',
    says: 'ends each part at once, and not when the next one comes',
    async prove(start) {
      const { watch } = await tWatched(start, { KEEP_ALIVE_MS: '600000' });
      const parts = await watch();
      // `payloads` counts parts whose end has come.
      await parts.until(({ payloads }) => payloads.length === 1);
      expect(updateIn(parts.payloads[0]).changeType).toBe('SNAPSHOT');
    },
  },
  {
    number: 'M4',
    level: 'MUST',
    says: 'keeps a silent stream alive by empty objects',
    async prove(start) {
      const { watch } = await tWatched(start, { KEEP_ALIVE_MS: '50' });
      const parts = await watch();
      await parts.until(({ heartbeats }) => heartbeats >= 4);
      expect(parts.payloads).toHaveLength(1);
    },
  },
  {
    number: 'M5',
    level: 'MUST',
    says: 'tells errors of the operation in a payload, and those of the transport beside `payload: null`',
    async prove(start) {
      const { app, ask, watch } = await tWatched(start);
      const refused = await ask(
        { query: 'subscription { dispatchesUpdated { cursor } }' },
        await app.token({ sub: 'nobody', permissions: [] }),
      );
      expect(await refused.over()).toBe(true);
      expect(refused.payloads).toMatchObject([
        { payload: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } },
      ]);
      const interrupted = await watch();
      await interrupted.until(({ payloads }) => payloads.length === 1);
      await app.close();
      await interrupted.over();
      expect(interrupted.payloads.at(-1)).toMatchObject({
        payload: null,
        errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }],
      });
    },
  },
  {
    number: 'M6',
    level: 'MUST',
    says: 'takes a closed connection as the end of the subscription',
    async prove(start) {
      const { app, watch } = await tWatched(start);
      const parts = await watch();
      await parts.until(({ payloads }) => payloads.length === 1);
      expect(await app.metric('dispatch_subscriptions')).toBe(1);
      parts.response.destroy();
      await until('it is left', async () => (await app.metric('dispatch_subscriptions')) === 0);
    },
  },
  {
    number: 'M7',
    level: 'MUST',
    says: 'resumes after a cursor',
    async prove(start) {
      const { app, id, watch } = await tWatched(start);
      const first = await watch();
      await first.until(({ payloads }) => payloads.length === 1);
      first.response.destroy();
      await assign(app, id);
      const second = await watch(updateIn(first.payloads[0]).cursor);
      await second.until(({ payloads }) => payloads.length === 1);
      expect(updateIn(second.payloads[0]).dispatch.version).toBe(2);
    },
  },
];
