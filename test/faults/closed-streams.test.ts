/** An event stream of several operations whose client leaves while all processes are told of it takes no operation any more. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tRedis } from '../support/redis.ts';
import { tRedisProxy } from '../support/redis-proxy.ts';
import { postShared } from '../support/shared-stream.ts';
import { tTicket } from '../support/stream-tickets.ts';
import { until } from '../support/until.ts';

test('an operation that comes from another process for a stream that has just been left is nobody’s', async () => {
  await using redis = await tRedis();
  await using proxy = await tRedisProxy(redis);
  const env = { EVENT_STREAM_TICKETS: 'header', REDIS_PREFIX: 'left:' };
  await using apps = new AsyncDisposableStack();
  const start = async (url: string) =>
    apps.adopt(await tApp({ ...env, REDIS_URL: url }), (app) => app.close());
  const [app, other] = [await start(proxy.url), await start(redis.url)];
  const token = await app.token();
  const ticket = await tTicket(app.url, token);
  const leaving = new AbortController();
  const opening = fetch(`${app.url}/graphql`, {
    headers: {
      ...{ accept: 'text/event-stream', authorization: `Bearer ${token}` },
      'x-graphql-event-stream-token': ticket,
    },
    signal: leaving.signal,
  });
  let held = proxy.holdCommands();
  // Everything before that goes on.
  await until('all others are being told of it', () => {
    if (held.text.includes('openedAs')) return true;
    held.release();
    held = proxy.holdCommands();
    return false;
  });
  leaving.abort();
  await expect(opening).rejects.toThrow();
  await until('it is closed', async () => (await app.metric('dispatch_event_streams')) === 0);
  const query = 'subscription { dispatchesUpdated { cursor } }';
  const posted = postShared(other.url, { token, ticket }, { query }, 'one');
  await until('it has come', () => held.text.includes('stream-replies'));
  held.release();
  expect((await posted).status).toBe(404);
  expect(await app.metric('dispatch_subscriptions')).toBe(0);
});
