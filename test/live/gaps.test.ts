/** Proves that the client package notices what was dropped on the way, and fetches it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LiveClientOptions } from '../../packages/live/src/index.ts';
import { shifted, systemClock } from '../../src/lib/clock.ts';
import { tApp } from '../support/app.ts';
import { tLive, watch } from '../support/live-client.ts';
import { tLossyProxy } from '../support/lossy-proxy.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { messageBroadcast, numbersOf, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

/** A client that hears a channel through a path that drops events, and was shown the first one. */
async function tListening(timing: LiveClientOptions['timing'] = {}, ...service: Parameters<typeof tApp>) {
  const app = await tApp(...service);
  const lossy = await tLossyProxy(app.url);
  const { live } = tLive(lossy.url, await app.token(), { timing });
  const { events, until: shown } = watch<Message>(live, messageBroadcast, { channel: 'general' });
  await until('it listens', async () => (await app.metric('dispatch_subscriptions')) === 1);
  await say(app, 'general', 1);
  await shown(({ length }) => length === 1);
  return { app, lossy, live, events, shown };
}

test('what was dropped in the middle is shown, in order, when the next event comes', async () => {
  const { app, lossy, live, events, shown } = await tListening();
  lossy.drop(3);
  await say(app, 'general', 2, 4);
  await until('they were dropped', () => lossy.events === 4);
  await say(app, 'general', 5);
  await shown(({ length }) => length === 5);
  expect(numbersOf(events)).toEqual(range(1, 5));
  expect(live.tally.gaps).toBe(1);
});

test('a path that loses most of what is fetched again is gone over until all is there', async () => {
  const { app, lossy, events, shown } = await tListening();
  for (let last = 11; last <= 51; last += 10) {
    lossy.drop(5);
    await say(app, 'general', last - 9, last);
    await shown((now) => numbersOf(now).includes(last));
  }
  expect(numbersOf(events)).toEqual(range(1, 51));
});

test('a last event that was dropped shows although none follows it', async () => {
  const { app, lossy, live, events, shown } = await tListening({ tailMs: 4_000 });
  lossy.drop(2);
  await say(app, 'general', 2, 3);
  await shown(({ length }) => length === 3);
  expect(numbersOf(events)).toEqual(range(1, 3));
  expect(live.tally).toMatchObject({ reconnects: 0, gaps: 0 });
  expect(live.tally.tails).toBeGreaterThan(0);
  await until('one subscription is left', async () => (await app.metric('dispatch_subscriptions')) === 1);
});

test('what is slow is not taken for dropped: a stream goes on as long as something comes', async () => {
  const { app, lossy, live, events, shown } = await tListening({ tailMs: 4_000 });
  // Longer than until it is asked where the stream stands, and what is on its way has come.
  lossy.slowDown(40);
  await say(app, 'general', 2, 151);
  await shown(({ length }) => length === 151);
  expect(numbersOf(events)).toEqual(range(1, 151));
  expect(live.tally).toEqual({ reconnects: 0, gaps: 0, tails: 0 });
});

describe('with a Redis', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await tRedis();
  });

  afterAll(() => redis.stop());

  test('what was dropped last is shown when Redis has lost everything before anybody asked', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, now: () => shifted(systemClock.now(), aheadMs) };
    const { app, lossy, live, events, shown } = await tListening({}, { REDIS_URL: redis.url }, { clock });
    lossy.drop(2);
    await say(app, 'general', 2);
    // It was relayed late: messages of the last half a minute are shown in any case.
    aheadMs = 45_000;
    await say(app, 'general', 3);
    await until('they were dropped', () => lossy.events === 3);
    await redis.client.flushall();
    await say(app, 'general', 4);
    await shown((now) => numbersOf(now).includes(4));
    expect([...new Set(numbersOf(events))]).toEqual(range(1, 4));
    expect(live.tally).toEqual({ reconnects: 0, gaps: 0, tails: 0 });
  });
});
