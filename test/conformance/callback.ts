/** The promises of the service for Apollo's HTTP callback protocol 1.0: what it demands of a subgraph, and what makes it safe to offer. */
import { expect } from '@jest/globals';
import type { Overrides } from '../../src/app.ts';
import { tCallbackRouter, type CallbackAnswer } from '../support/callback-router.ts';
import {
  assign,
  createDispatch,
  dispatchUpdated,
  move,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { ManualClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import type { Promised, Start } from './promise.ts';

/** A service with a dispatch, and a router that it calls back to. */
async function tCallback(start: Start, env: Record<string, string> = {}, overrides?: Overrides) {
  const router = await tCallbackRouter();
  const heartbeats = { CALLBACK_MIN_HEARTBEAT_MS: '100' };
  const app = await start({ CALLBACK_ORIGINS: router.origin, ...heartbeats, ...env }, overrides);
  const dispatchId = await createDispatch(app);
  const token = await app.token();
  const ask = (more: { heartbeatIntervalMs?: number; token?: string; after?: string } = {}) => {
    const { after, ...rest } = more;
    const variables = { id: dispatchId, ...(after !== undefined && { after }) };
    return router.ask(app.url, { token, query: dispatchUpdated, variables, ...rest });
  };
  const versions = (id: string) => router.shown<Update>(id).map(({ dispatch }) => dispatch.version);
  /** Subscribes, and waits for the snapshot. */
  const open = async (more = {}) => {
    const { id } = await ask(more);
    await router.until(() => versions(id).length === 1);
    return id;
  };
  const isLeft = () => until('it is left', async () => (await app.metric('dispatch_subscriptions')) === 0);
  return { router, app, dispatchId, ask, open, versions, isLeft };
}

export const callback: readonly Promised[] = [
  {
    number: 'C1',
    level: 'MUST',
    says: 'sends a check with id and verifier before it answers, and then answers 200 with {"data":null}',
    async prove(start) {
      const { router, ask } = await tCallback(start);
      const asked = await ask();
      expect(router.messages[0]).toMatchObject({
        body: {
          kind: 'subscription',
          action: 'check',
          id: asked.id,
          verifier: router.verifierOf(asked.id),
        },
        headers: { 'content-type': 'application/json' },
      });
      expect(asked).toMatchObject({ status: 200, json: { data: null } });
      expect(asked.json.errors).toBeUndefined();
    },
  },
  {
    number: 'C2',
    level: 'MUST',
    says: 'names the protocol callback/1.0 in its answer and in every message',
    async prove(start) {
      const { router, ask, app, dispatchId } = await tCallback(start);
      const { id, headers } = await ask({ heartbeatIntervalMs: 200 });
      expect(headers.get('subscription-protocol')).toBe('callback/1.0');
      await assign(app, dispatchId);
      await router.until(() => router.of(id, 'check').length >= 2 && router.of(id, 'next').length >= 2);
      router.ignoresBodies = true;
      const refused = await ask({ token: await app.token({ sub: 'nobody', permissions: [] }) });
      await router.until(() => router.of(refused.id, 'complete').length === 1);
      const actions = new Set(router.messages.map(({ action }) => action));
      expect(actions).toEqual(new Set(['check', 'next', 'complete']));
      for (const message of router.messages)
        expect(message.headers['subscription-protocol']).toBe('callback/1.0');
    },
  },
  {
    number: 'C3',
    level: 'MUST',
    says: 'answers with a 4xx, and opens nothing, when the check is not confirmed',
    async prove(start) {
      const { router, ask, app } = await tCallback(start);
      for (const status of [400, 401, 404, 500]) {
        router.answers.push(status);
        const asked = await ask();
        expect(asked.status).toBeGreaterThanOrEqual(400);
        expect(asked.status).toBeLessThan(500);
        expect(router.of(asked.id).map(({ action }) => action)).toEqual(['check']);
      }
      expect(await app.metric('dispatch_subscriptions')).toBe(0);
    },
  },
  {
    number: 'C4',
    level: 'MUST',
    says: 'sends each result as the payload of a next, with id and verifier',
    async prove(start) {
      const { router, open } = await tCallback(start);
      const id = await open();
      expect(router.of(id, 'next')[0]!.body).toEqual({
        kind: 'subscription',
        action: 'next',
        id,
        verifier: router.verifierOf(id),
        payload: { data: { dispatchUpdated: expect.objectContaining({ changeType: 'SNAPSHOT' }) } },
      });
    },
  },
  {
    number: 'C5',
    level: 'MUST',
    says: 'sends checks at half the interval that was asked for',
    async prove(start) {
      const clock = new ManualClock();
      const { router, open, app } = await tCallback(start, {}, { clock });
      const heartbeatIntervalMs = 10_000;
      const id = await open({ heartbeatIntervalMs });
      const checks = () => router.of(id, 'check').length;
      await clock.advance(heartbeatIntervalMs / 2 - 1);
      // A question and its answer: what was sent before has arrived.
      await app.metric('dispatch_subscriptions');
      expect(checks()).toBe(1);
      await clock.advance(1);
      await router.until(() => checks() === 2);
      await app.metric('dispatch_subscriptions');
      await clock.advance(heartbeatIntervalMs / 2);
      await router.until(() => checks() === 3);
    },
  },
  {
    number: 'C6',
    level: 'MUST',
    says: 'sends no checks beside the first when the interval is 0',
    async prove(start) {
      const { router, open, app, dispatchId, versions } = await tCallback(start);
      const beating = await open({ heartbeatIntervalMs: 100 });
      const silent = await open({ heartbeatIntervalMs: 0 });
      await router.until(() => router.of(beating, 'check').length >= 10);
      await runThrough(app, dispatchId);
      await router.until(() => versions(silent).length === 6);
      expect(router.of(silent, 'check')).toHaveLength(1);
    },
  },
  ...[400, 401, 403, 404, 410].map((status): Promised => ({
    number: `C7.${status}`,
    level: 'MUST',
    says: `takes ${status} as the end of the subscription, in answer to a next and to a check`,
    async prove(start) {
      const { router, open, app, dispatchId, isLeft } = await tCallback(start);
      await open();
      router.answers.push(status);
      await assign(app, dispatchId);
      await isLeft();
      await open({ heartbeatIntervalMs: 200 });
      router.answers.push(status);
      await isLeft();
      const sent = router.messages.length;
      await move(app, dispatchId, 'EN_CAMINO');
      expect(router.messages).toHaveLength(sent);
    },
  })),
  {
    number: 'C8',
    level: 'MUST',
    says: 'follows no redirect, neither of a check nor of a next',
    async prove(start) {
      const { router, ask, open, app, dispatchId, isLeft } = await tCallback(start);
      const elsewhere = await tCallbackRouter();
      const away = (status: number): CallbackAnswer => ({
        status,
        location: `${elsewhere.origin}/callback/x`,
      });
      router.answers.push(away(307));
      expect((await ask()).status).toBe(400);
      await open();
      router.answers.push(away(308));
      await assign(app, dispatchId);
      await isLeft();
      expect(elsewhere.messages).toEqual([]);
    },
  },
  {
    number: 'C9',
    level: 'MUST',
    says: 'calls back to no origin that is not configured, and to none by default',
    async prove(start) {
      for (const env of [{ CALLBACK_ORIGINS: '' }, { CALLBACK_ORIGINS: 'http://router.example:4000' }]) {
        const { router, ask } = await tCallback(start, env);
        expect(await ask()).toMatchObject({
          status: 200,
          json: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
        });
        expect(router.messages).toEqual([]);
      }
    },
  },
  {
    number: 'C10',
    level: 'MUST',
    says: 'opens nothing for an operation that it refuses, and says why in its answer',
    async prove(start) {
      const { router, ask, app } = await tCallback(start);
      const token = await app.token({ sub: 'nobody', permissions: [] });
      const asked = await ask({ token });
      expect(asked).toMatchObject({
        status: 200,
        json: { data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
      });
      expect(router.of(asked.id, 'next')).toEqual([]);
      expect(await app.metric('dispatch_subscriptions')).toBe(0);
    },
  },
  {
    number: 'C11',
    level: 'MUST',
    says: 'sends a next that did not arrive again, before the one after it',
    async prove(start) {
      const { router, open, app, dispatchId, versions } = await tCallback(start);
      const id = await open();
      router.answers.push(500, 502);
      await runThrough(app, dispatchId);
      await router.until(() => versions(id).at(-1) === 6);
      expect(versions(id)).toEqual([1, 2, 2, 2, 3, 4, 5, 6]);
    },
  },
  {
    number: 'C12',
    level: 'MUST',
    says: 'completes with an error when the token expires, and when the service ends and nothing outlives it',
    async prove(start) {
      const clock = new ManualClock();
      const { router, ask, app } = await tCallback(start, {}, { clock });
      const expiring = await ask({ token: await app.token({}, 60_000) });
      await clock.advance(90_000);
      await router.until(() => router.of(expiring.id, 'complete').length === 1);
      expect(router.of(expiring.id, 'complete')[0]!.body).toMatchObject({
        verifier: router.verifierOf(expiring.id),
        errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } }],
      });
      const lasting = await ask();
      await app.close();
      const outlived = app.config.stores.kind === 'redis';
      const ending = { action: 'complete', errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }] };
      expect(router.of(lasting.id, 'complete').map(({ body }) => body)).toMatchObject(
        outlived ? [] : [ending],
      );
    },
  },
  {
    number: 'C13',
    level: 'MUST',
    says: 'sends nothing after a complete',
    async prove(start) {
      const clock = new ManualClock();
      const { router, ask, open, app, versions, dispatchId } = await tCallback(start, {}, { clock });
      const lasting = await open({ heartbeatIntervalMs: 10_000 });
      const asked = await ask({ token: await app.token({}, 60_000), heartbeatIntervalMs: 10_000 });
      await clock.advance(90_000);
      await router.until(() => router.of(asked.id, 'complete').length === 1);
      await assign(app, dispatchId);
      const beats = router.of(lasting, 'check').length;
      await until('it went on for the other', async () => {
        await clock.advance(1_000);
        return versions(lasting).length === 2 && router.of(lasting, 'check').length > beats + 5;
      });
      expect(router.of(asked.id).at(-1)!.action).toBe('complete');
    },
  },
  {
    number: 'C14',
    level: 'MUST',
    says: 'executes an event once for many callbacks, and resumes after a cursor',
    async prove(start) {
      const { router, open, ask, app, dispatchId, versions } = await tCallback(start);
      const ids: string[] = [];
      for (let index = 0; index < 10; index += 1) ids.push(await open());
      const before = await app.metric('dispatch_executions_total');
      await assign(app, dispatchId);
      await router.until(() => ids.every((id) => versions(id).length === 2));
      expect(await app.metric('dispatch_executions_total')).toBe(before + 1);

      await move(app, dispatchId, 'EN_CAMINO');
      const { id } = await ask({ after: router.shown<Update>(ids[0]!)[0]!.cursor });
      await router.until(() => versions(id).length === 2);
      expect(versions(id)).toEqual([2, 3]);
    },
  },
  {
    number: 'C15',
    level: 'MUST',
    says: 'keeps a bounded queue, and completes with an error when a router is too slow for it',
    async prove(start) {
      const { router, open, app, dispatchId } = await tCallback(start, { OUTBOX_MAX_BYTES: '2048' });
      const id = await open();
      router.answers.push('hang');
      for (let change = 0; change < 12; change += 1) await assign(app, dispatchId, `A-${change}`);
      await router.until(() => router.of(id, 'complete').length === 1);
      expect(router.of(id, 'complete')[0]!.body).toMatchObject({
        errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }],
      });
    },
  },
];
