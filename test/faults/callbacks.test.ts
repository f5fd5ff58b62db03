/** A subscription by callback outlives the process that has it: killed, drained or frozen, another one goes on, and the router hears nothing of it. */
import { describe, expect, test } from '@jest/globals';
import { tCallbackRouter, type CallbackRouter } from '../support/callback-router.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';
import { tIdleProcess, tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices, type TestService } from '../support/service.ts';
import { secretEnv, tokenOf } from '../support/session-ends.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const heartbeatIntervalMs = 4_000;
const untilMs = 30_000;
/** Processes start and end in it, which takes long on a busy machine. */
const testMs = 300_000;

interface Watched {
  readonly service: TestService;
  readonly router: CallbackRouter;
  readonly owner: ServerProcess;
  readonly other: ServerProcess;
  /** The dispatch, and the subscription to it. */
  readonly dispatchId: string;
  readonly id: string;
  readonly versions: () => number[];
}

/** Two processes, of which the first has a subscription by callback whose router has its first event. */
async function tWatched(env: Record<string, string> = {}, token?: string): Promise<Watched> {
  const router = await tCallbackRouter();
  const service = await tService({ processes: 2, env: { CALLBACK_ORIGINS: router.origin, ...env } });
  const [owner, other] = service.servers as [ServerProcess, ServerProcess];
  const dispatchId = await createDispatch(owner.client);
  const { id } = await router.ask(owner.url, {
    ...{ token: token ?? (await owner.client.token()), heartbeatIntervalMs },
    ...{ query: dispatchUpdated, variables: { id: dispatchId } },
  });
  const versions = () => router.shown<Update>(id).map(({ dispatch }) => dispatch.version);
  await router.until(() => versions().length === 1);
  return { service, router, owner, other, dispatchId, id, versions };
}

const takenOver = async ({ client }: ServerProcess) =>
  (await client.metric('dispatch_callbacks_taken_over_total{from="left"}')) +
  (await client.metric('dispatch_callbacks_taken_over_total{from="silent"}'));
const untilTakenOver = (server: ServerProcess) =>
  until('another process has it', async () => (await takenOver(server)) === 1, untilMs);
const untilOpen = (server: ServerProcess, count: number) =>
  until(
    `${count} are open`,
    async () => (await server.client.metric('dispatch_callbacks')) === count,
    untilMs,
  );

/** Each once, but for those that follow themselves: what a process was not sure of it sends again. */
const onceEach = (shown: readonly number[]) => shown.filter((version, at) => version !== shown[at - 1]);
const actionsOf = (router: CallbackRouter, id: string) => new Set(router.of(id).map(({ action }) => action));

describe('the process that has a subscription by callback', () => {
  test(
    'is killed: another one goes on behind what the router has taken',
    async () => {
      const { router, owner, other, dispatchId, id, versions } = await tWatched();
      await assign(other.client, dispatchId);
      await router.until(() => versions().includes(2));
      await owner.kill('SIGKILL');
      await move(other.client, dispatchId, 'EN_CAMINO');
      await router.until(() => versions().includes(3));
      await move(other.client, dispatchId, 'EN_SITIO');
      await router.until(() => versions().includes(4));
      expect(onceEach(versions()).slice(-3)).toEqual([2, 3, 4]);
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
      expect(await takenOver(other)).toBe(1);
    },
    testMs,
  );

  test(
    'ends in order: another one goes on behind the very last event, and there is no complete',
    async () => {
      const { router, owner, other, dispatchId, id, versions } = await tWatched();
      await assign(other.client, dispatchId);
      await router.until(() => versions().includes(2));
      expect(await owner.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await move(other.client, dispatchId, 'EN_CAMINO');
      await router.until(() => versions().includes(3));
      expect(versions()).toEqual([1, 2, 3]);
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
      expect(await other.client.metric('dispatch_callbacks_taken_over_total{from="left"}')).toBe(1);
    },
    testMs,
  );

  test(
    'is frozen: another one goes on, and it sends nothing more when it wakes',
    async () => {
      const { router, owner, other, dispatchId, id, versions } = await tWatched();
      owner.signal('SIGSTOP');
      await untilTakenOver(other);
      await assign(other.client, dispatchId);
      await router.until(() => versions().includes(2));
      owner.signal('SIGCONT');
      await untilOpen(owner, 0);
      expect(await owner.client.metric('dispatch_callbacks_ended_total{ending="replaced"}')).toBe(1);
      await move(owner.client, dispatchId, 'EN_CAMINO');
      await move(owner.client, dispatchId, 'EN_SITIO');
      await router.until(() => versions().includes(4));
      expect(onceEach(versions()).slice(-3)).toEqual([2, 3, 4]);
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
      expect(await untilOpen(other, 1)).toBe(true);
    },
    testMs,
  );

  test(
    'goes on while Redis is away, and has it still when that is back without its data',
    async () => {
      const { service, router, owner, other, dispatchId, id, versions } = await tWatched();
      await service.redis.kill();
      const before = router.of(id, 'check').length;
      await router.until(() => router.of(id, 'check').length >= before + 3);
      await assign(owner.client, dispatchId);
      await service.redis.restart();
      await service.redis.client.flushall();
      await router.until(() => versions().includes(2));
      expect(await owner.client.metric('dispatch_callbacks')).toBe(1);
      // It is kept again: another process can go on with it.
      const isKept = async () => (await service.redis.client.keys('dispatch:callbacks:*:*')).length === 1;
      await until('it is kept again', isKept, untilMs);
      await owner.kill('SIGKILL');
      await move(other.client, dispatchId, 'EN_CAMINO');
      await router.until(() => versions().includes(3));
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
    },
    testMs,
  );
});

describe('while Redis is away, the process that has a subscription by callback', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'gets %s: another one goes on when Redis is back, behind what the router has taken',
    async (signal) => {
      const { service, router, owner, other, dispatchId, id, versions } = await tWatched();
      await assign(other.client, dispatchId);
      await router.until(() => versions().includes(2));
      await service.redis.kill();
      await owner.kill(signal);
      await move(other.client, dispatchId, 'EN_CAMINO');
      await service.redis.restart();
      await router.until(() => versions().includes(3));
      expect(onceEach(versions()).slice(-2)).toEqual([2, 3]);
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
    },
    testMs,
  );
});

describe('a subscription by callback', () => {
  test(
    'that its router has ended is ended everywhere',
    async () => {
      const { service, router, owner, id } = await tWatched();
      const keys = () => service.redis.client.keys('dispatch:callbacks:*:*');
      expect(await keys()).toHaveLength(1);
      router.forget(id);
      await untilOpen(owner, 0);
      await until('it is forgotten', async () => (await keys()).length === 0);
    },
    testMs,
  );

  test(
    'is kept without its token, with what the token said',
    async () => {
      const token = await tokenOf('eva', -10);
      const { service, router, id } = await tWatched(secretEnv, token);
      const [key] = await service.redis.client.keys('dispatch:callbacks:*:*');
      const kept = JSON.stringify(await service.redis.client.hgetall(key!));
      for (const part of [token, token.split('.')[1]!, token.split('.')[2]!])
        expect(kept).not.toContain(part);
      for (const part of ['eva', 'dispatcher', router.verifierOf(id), `${router.origin}/callback/${id}`])
        expect(kept).toContain(part);
    },
    testMs,
  );

  test(
    'of a viewer who was thrown out while nobody had it ends with that',
    async () => {
      const token = await tokenOf('eva', -10);
      const { service, router, owner, other, id } = await tWatched(secretEnv, token);
      await Promise.all([owner.kill('SIGKILL'), other.kill('SIGKILL')]);
      const now = new Date().toISOString();
      await service.query(
        'insert into session_ends (viewer_id, ended_at, until, changed_at) values ($1, $2, $3, $2)',
        ['eva', now, '9999-01-01T00:00:00.000Z'],
      );
      const later = await tServerProcess(service.env);
      await router.until(() => router.of(id, 'complete').length === 1);
      expect(router.of(id, 'complete')[0]!.body['errors']).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', reason: 'SESSION_ENDED' } },
      ]);
      await untilOpen(later, 0);
    },
    testMs,
  );

  test(
    'whose token has expired while nobody had it ends with that',
    async () => {
      const { service, router, owner, other, id } = await tWatched();
      await Promise.all([owner.kill('SIGKILL'), other.kill('SIGKILL')]);
      const [key] = await service.redis.client.keys('dispatch:callbacks:*:*');
      const kept = JSON.parse((await service.redis.client.hget(key!, 'd'))!) as { viewer: object };
      const expired = { ...kept, viewer: { ...kept.viewer, expiresAt: Date.now() - 1_000 } };
      await service.redis.client.hset(key!, 'd', JSON.stringify(expired));
      await tServerProcess(service.env);
      await router.until(() => router.of(id, 'complete').length === 1);
      expect(router.of(id, 'complete')[0]!.body['errors']).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } },
      ]);
      expect(router.of(id, 'next')).toHaveLength(1);
    },
    testMs,
  );

  test(
    'whose address is not allowed any more is called back by nobody',
    async () => {
      const { service, router, owner, other } = await tWatched();
      await other.kill('SIGTERM');
      const later = await tServerProcess({ ...service.env, CALLBACK_ORIGINS: 'http://127.0.0.1:1' });
      await owner.kill('SIGTERM');
      const sent = router.messages.length;
      await later.printed('not in CALLBACK_ORIGINS any more');
      expect(router.messages).toHaveLength(sent);
      const keys = () => service.redis.client.keys('dispatch:callbacks:*:*');
      await until('it is forgotten', async () => (await keys()).length === 0);
    },
    testMs,
  );
});

describe('a single process with an embedded database', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'that gets %s goes on when it starts again, and the router hears nothing of it',
    async (signal) => {
      const router = await tCallbackRouter();
      const server = await (await tIdleProcess({ CALLBACK_ORIGINS: router.origin })).start();
      const dispatchId = await createDispatch(server.client);
      const { id } = await router.ask(server.url, {
        ...{ token: await server.client.token(), query: dispatchUpdated, variables: { id: dispatchId } },
        heartbeatIntervalMs,
      });
      const versions = () => router.shown<Update>(id).map(({ dispatch }) => dispatch.version);
      await router.until(() => versions().length === 1);
      for (let version = 2; version <= 3; version += 1) {
        await assign(server.client, dispatchId, `A-${version}`);
        await router.until(() => versions().includes(version));
        await server.kill(signal);
        await server.start();
      }
      await assign(server.client, dispatchId, 'A-4');
      await router.until(() => versions().includes(4));
      expect([...new Set(versions())]).toEqual([1, 2, 3, 4]);
      expect(actionsOf(router, id)).toEqual(new Set(['check', 'next']));
      expect(await server.client.metric('dispatch_callbacks')).toBe(1);
    },
    testMs,
  );
});
