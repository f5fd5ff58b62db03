/** What becomes of a subscription by callback that another process has left, and that this one cannot go on with. */
import { afterEach, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { CallbackStore, CallbackWrite } from '../../src/stores/callbacks/callbacks.ts';
import { CallbackClient } from '../../src/transports/callback/client.ts';
import type { HeldCallback } from '../../src/transports/callback/kept/held-callback.ts';
import { CallbackKeeper } from '../../src/transports/callback/kept/keeper.ts';
import { formatKept } from '../../src/transports/callback/kept/kept-request.ts';
import { Takeovers, type TakeoversOptions } from '../../src/transports/callback/kept/takeovers.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tLogLines } from '../support/log-lines.ts';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

const failure = new Error('Nobody has foreseen this.');

/** A process of which a part fails has taken a subscription, and is done with it. */
async function tTaken(add: TakeoversOptions['add']) {
  const router = await tCallbackRouter();
  const url = new URL(`${router.origin}/callback/one`);
  const callback = { id: 'one', verifier: 'v', viewerId: 'ana', heartbeatIntervalMs: 0, url };
  const claims = { id: 'ana', name: null, role: 'dispatcher', ambulanciaId: null, expiresAt: null };
  const viewer = { ...claims, permissions: new Set<string>() };
  const operation = { query: 'subscription { dispatchesUpdated { cursor } }' };
  const writes: CallbackWrite[] = [];
  const store: CallbackStore = {
    isShared: true,
    keep: () => Promise.resolve('kept'),
    write(some) {
      writes.push(...some);
      return Promise.resolve(some.map(() => 'written' as const));
    },
    take: () => Promise.resolve([]),
  };
  const { log, complaints } = tLogLines();
  const about = { clock: systemClock, metrics: createMetrics(), log };
  const keeper = new CallbackKeeper({
    ...{ ...about, store, mayCallBack: true },
    canTake: () => false,
    takeOver: () => undefined,
  });
  undos.push(() => keeper.close());
  let held: HeldCallback | undefined;
  const takeovers = new Takeovers({
    context: {
      ...about,
      config: parseConfig({ CALLBACK_ORIGINS: router.origin }),
      sessions: { refusal: null },
      authentication: { hasEnded: () => false },
      operations: { find: () => Promise.reject(failure), run: () => Promise.reject(failure) },
    },
    client: new CallbackClient({ ...about, timeoutMs: 5_000 }),
    hold: (taken, request) => (held = keeper.hold(taken, request)),
    add,
    quotaOf: () => ({ take: () => undefined, release: () => undefined }),
  });
  const data = formatKept({ callback, viewer, operation })!;
  await takeovers.take({ name: 'one', generation: 'g', data, position: null, wasReleased: false });
  return { router, writes, held: held!, complaints };
}

const interrupted = [expect.objectContaining({ extensions: { code: 'STREAM_INTERRUPTED' } })];

test('where its session cannot begin, its router is told to subscribe again, and nobody holds it any more', async () => {
  const { router, writes, held, complaints } = await tTaken(() => {
    throw failure;
  });
  expect(router.messages.map(({ body }) => body)).toMatchObject([
    { action: 'complete', errors: interrupted },
  ]);
  expect(held.state).toBe('over');
  expect(writes.at(-1)).toMatchObject({ name: held.name, act: 'end' });
  expect(complaints()).toMatchObject([{ err: { message: failure.message } }, {}]);
});

test('where its stream cannot be opened, its session ends with the same words', async () => {
  const completed: unknown[] = [];
  const { held, complaints } = await tTaken((_request, one) => ({
    signal: new AbortController().signal,
    beat: () => undefined,
    start: () => undefined,
    complete(errors) {
      completed.push(...errors);
      one.end();
      return Promise.resolve();
    },
  }));
  expect(completed).toEqual(interrupted);
  expect(held.state).toBe('over');
  expect(complaints()).toMatchObject([{ err: { message: failure.message } }]);
});
