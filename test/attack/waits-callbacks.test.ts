/** Proves that subscriptions by callback stay few and far between, and that one viewer's hanging ones hold up nobody else's. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tCallbackRouter, type CallbackAsked } from '../support/callback-router.ts';
import { assign, createDispatch, dispatchUpdated } from '../support/operations.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

async function tCalledBack(env: Record<string, string> = {}) {
  const router = await tCallbackRouter();
  const app = await tApp({ CALLBACK_ORIGINS: router.origin, ...env });
  const dispatchId = await createDispatch(app, { observaciones: 'ñ'.repeat(2_000) });
  const ask = async (sub: string, more = {}): Promise<CallbackAsked> =>
    router.ask(app.url, {
      token: await app.token({ sub }),
      query: dispatchUpdated,
      variables: { id: dispatchId },
      ...more,
    });
  const failed = () => app.metric('dispatch_callback_messages_total{action="next",outcome="failed"}');
  return { router, app, dispatchId, ask, failed };
}

const codeOf = ({ json }: CallbackAsked) => json.errors?.[0]?.extensions['code'];

describe('a heartbeat interval', () => {
  test.each([1, 50, 1_999])('of %i ms is refused, and not made longer', async (heartbeatIntervalMs) => {
    const { router, ask } = await tCalledBack();
    const asked = await ask('ana', { heartbeatIntervalMs });
    expect(asked).toMatchObject({ status: 400, json: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] } });
    expect(asked.json.errors![0]!.message).toMatch(/at least 2000.*CALLBACK_MIN_HEARTBEAT_MS/);
    expect(router.messages).toEqual([]);
  });

  test.each([0, 2_000, 5_000])('of %i ms is taken', async (heartbeatIntervalMs) => {
    const { ask } = await tCalledBack();
    expect(await ask('ana', { heartbeatIntervalMs })).toMatchObject({ status: 200, json: { data: null } });
  });

  test('may be shorter where that is configured', async () => {
    const { ask } = await tCalledBack({ CALLBACK_MIN_HEARTBEAT_MS: '100' });
    expect((await ask('ana', { heartbeatIntervalMs: 100 })).status).toBe(200);
    expect((await ask('ana', { heartbeatIntervalMs: 99 })).status).toBe(400);
  });
});

test.each(['x'.repeat(129), 'ñ'.repeat(65), 'x'.repeat(20_000)])(
  'the name of a subscription has at most 128 bytes',
  async (id) => {
    const { router, ask } = await tCalledBack();
    expect(codeOf(await ask('ana', { id }))).toBe('BAD_REQUEST');
    expect(router.messages).toEqual([]);
    expect((await ask('ana', { id: 'x'.repeat(128) })).status).toBe(200);
  },
);

describe('there may be so many', () => {
  test('of one viewer', async () => {
    const { router, app, dispatchId, ask } = await tCalledBack({ MAX_CALLBACKS_PER_VIEWER: '3' });
    const [first] = [await ask('ana'), await ask('ana'), await ask('ana')];
    expect(codeOf(await ask('ana'))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await ask('eva'))).toBeUndefined();
    router.forget(first.id);
    await assign(app, dispatchId);
    await until('it is gone', async () => (await app.metric('dispatch_callbacks')) === 3);
    expect(codeOf(await ask('ana'))).toBeUndefined();
  });

  test('to one origin, whoever they are of', async () => {
    const { app, ask } = await tCalledBack({ MAX_CALLBACKS_PER_ORIGIN: '2' });
    await ask('ana');
    await ask('eva');
    expect(codeOf(await ask('luz'))).toBe('LIMIT_EXCEEDED');
    expect(await app.metric('dispatch_subscriptions')).toBe(2);
  });
});

test('of one viewer so many are kept as have 8 MB of texts together; the others are served all the same', async () => {
  const { app, router, ask } = await tCalledBack({ DATA_DIR: tTemporaryFolder() });
  const texts = { mebibytes: 8, kibibytes: 112 };
  // One operation for all of them: what viewers have in common counts once elsewhere.
  const query = `${dispatchUpdated} #${'x'.repeat(texts.kibibytes * 1_024)}`;
  const fit = Math.floor((texts.mebibytes * 1_024) / (texts.kibibytes + 1));
  const asked: CallbackAsked[] = [];
  for (let count = 0; count < fit + 5; count += 1) asked.push(await ask('ana', { query }));
  expect(await app.metric('dispatch_callbacks_kept')).toBe(fit);
  await router.until(() => asked.every(({ id }) => router.of(id, 'next').length === 1));
  await ask('eva', { query });
  expect(await app.metric('dispatch_callbacks_kept')).toBe(fit + 1);
  await app.app.close();
  // Nobody goes on with those that are not kept: their routers are told so.
  const told = asked.map(({ id }) => router.of(id, 'complete').length);
  expect(told).toEqual(asked.map((_, at) => (at < fit ? 0 : 1)));
});

describe('those that hang hold up nobody else’s', () => {
  test('though one viewer has a hundred of them', async () => {
    const { router, app, dispatchId, ask, failed } = await tCalledBack();
    const hanging = new Set<string>();
    for (let index = 0; index < 100; index += 1) hanging.add((await ask('eva')).id);
    const honest = await ask('ana');
    const shown = (count: number) => router.until(() => router.of(honest.id, 'next').length === count);
    await shown(1);
    router.hangs = ({ id }) => hanging.has(id);
    for (let changes = 1; changes <= 3; changes += 1) {
      await assign(app, dispatchId, `A-${changes}`);
      await shown(1 + changes);
    }
    expect(await failed()).toBe(0);
  });

  test('though a hundred viewers have one each', async () => {
    const { router, app, dispatchId, ask, failed } = await tCalledBack();
    const hanging = new Set<string>();
    for (let index = 0; index < 100; index += 1) hanging.add((await ask(`eva-${index}`)).id);
    const honest = await ask('ana');
    await router.until(() => router.of(honest.id, 'next').length === 1);
    router.hangs = ({ id }) => hanging.has(id);
    await assign(app, dispatchId);
    await router.until(() => router.of(honest.id, 'next').length === 2);
    expect(await failed()).toBe(0);
  });

  test('though a hundred have not been confirmed', async () => {
    const { router, app, ask } = await tCalledBack();
    const honest = 'honest';
    router.hangs = ({ id }) => id !== honest;
    const asking = Array.from({ length: 100 }, () => ask('eva'));
    await router.until(() => router.messages.length > 0);
    expect(codeOf(await ask('ana', { id: honest }))).toBeUndefined();
    expect(await app.metric('dispatch_callback_messages_total{action="check",outcome="failed"}')).toBe(0);
    expect((await Promise.all(asking)).map(codeOf)).toEqual(asking.map(() => 'BAD_REQUEST'));
  });

  test('and what waits for them is bounded', async () => {
    const bound = 256 * 1024;
    const { router, app, dispatchId, ask } = await tCalledBack({
      MAX_UNREAD_BYTES_PER_VIEWER: String(bound),
    });
    const query = dispatchUpdated.replace('id estado', 'id observaciones estado');
    for (let index = 0; index < 20; index += 1) await ask('eva', { query });
    router.hangs = () => true;
    for (let changes = 1; changes <= 20; changes += 1) {
      await assign(app, dispatchId, `A-${changes}`);
      expect(await app.metric('dispatch_unread_bytes')).toBeLessThan(bound + 20 * 16 * 1024);
    }
    expect(await app.metric('dispatch_slow_readers_closed_total')).toBeGreaterThan(0);
  });
});
