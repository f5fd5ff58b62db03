/** Event streams say with each event where they go on, and go on there when a client comes back with Last-Event-ID. */
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventStream, type BareEventStream } from '../support/event-stream.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { messageBroadcast, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const channel = 'general';
const operation = { query: messageBroadcast, variables: { channel } };
const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

/** A stream by POST, as fetch sends it, or by GET, as a native EventSource does. */
type Open = (
  app: RunningApp,
  asked: { query: string; variables: Record<string, unknown> },
  lastEventId?: string,
) => Promise<BareEventStream>;

const open: Record<'POST' | 'GET', Open> = {
  POST: async (app, body, lastEventId) =>
    tEventStream(`${app.url}/graphql`, { token: await app.token(), body, lastEventId }),
  GET: async (app, { query, variables }, lastEventId) => {
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    return tEventStream(`${app.url}/graphql?${search.toString()}`, { token: await app.token(), lastEventId });
  },
};

const numbersOf = ({ events }: BareEventStream) =>
  events.map(({ data }) =>
    Number((data as { data: { messageBroadcast: Message } }).data.messageBroadcast.message),
  );
const updatesOf = ({ events }: BareEventStream) =>
  events.map(({ data }) => (data as { data: { dispatchUpdated: Update } }).data.dispatchUpdated);

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  describe.each(['POST', 'GET'] as const)('by %s', (method) => {
    test('a stream goes on behind the last event that its client has read', async () => {
      const app = await tApp(setUps[setUp]!());
      const first = await open[method](app, operation);
      await live(app, 1);
      await say(app, channel, 1, 3);
      await first.until(() => numbersOf(first).length === 3);
      const { id, retryMs } = first.place;
      expect(retryMs).toBeGreaterThanOrEqual(1_000);
      first.response.destroy();
      await live(app, 0);
      await say(app, channel, 4, 6);
      const second = await open[method](app, operation, id);
      await second.until(() => numbersOf(second).length === 3);
      expect(numbersOf(second)).toEqual([4, 5, 6]);
    });

    test('a stream that was cut before its first event goes on where it began', async () => {
      const app = await tApp(setUps[setUp]!());
      const first = await open[method](app, operation);
      await live(app, 1);
      await first.until(() => first.place.id !== undefined);
      first.response.destroy();
      await live(app, 0);
      await say(app, channel, 1, 2);
      const second = await open[method](app, operation, first.place.id);
      await second.until(() => numbersOf(second).length === 2);
      expect(numbersOf(second)).toEqual([1, 2]);
    });

    test('the id counts where it is later than the cursor in the variables, and the other way round', async () => {
      const app = await tApp(setUps[setUp]!());
      const id = await createDispatch(app);
      const first = await open[method](app, { query: dispatchUpdated, variables: { id } });
      await assign(app, id, 'A-1');
      await assign(app, id, 'A-2');
      await first.until(() => updatesOf(first).length === 3);
      const [older, , newer] = updatesOf(first).map(({ cursor }) => cursor);
      await assign(app, id, 'A-3');
      for (const [after, lastEventId] of [
        [older, newer],
        [newer, older],
      ]) {
        const second = await open[method](
          app,
          { query: dispatchUpdated, variables: { id, after } },
          lastEventId,
        );
        await second.until(() => updatesOf(second).length === 1);
        expect(updatesOf(second)[0]!.dispatch.version).toBe(4);
        second.response.destroy();
      }
    });
  });
});

test('each event has its cursor as its id', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const stream = await open.POST(app, { query: dispatchUpdated, variables: { id } });
  for (let count = 1; count <= 3; count += 1) {
    await stream.until(() => updatesOf(stream).length === count);
    expect(stream.place.id).toBe(updatesOf(stream).at(-1)!.cursor);
    await assign(app, id, `A-${count}`);
  }
});

test('an end has an id at which an EventSource is told not to come back', async () => {
  const app = await tApp();
  const query = '{ despachos { id } }';
  const first = await open.GET(app, { query, variables: {} });
  await first.over();
  const { id } = first.place;
  expect(first.events.at(-1)).toMatchObject({ event: 'complete' });
  const again = await open.GET(app, { query, variables: {} }, id);
  expect(again.status).toBe(204);
  // Whoever asks in another way has a reason to.
  const posted = await open.POST(app, { query, variables: {} }, id);
  expect([posted.status, (await posted.over()).isComplete]).toEqual([200, true]);
});

test('an id that is no cursor of the stream is refused', async () => {
  const app = await tApp();
  const [one, other] = [await createDispatch(app), await createDispatch(app)];
  const first = await open.POST(app, { query: dispatchUpdated, variables: { id: one } });
  await first.until(() => updatesOf(first).length === 1);
  for (const lastEventId of ['nonsense', first.place.id]) {
    const stream = await open.POST(app, { query: dispatchUpdated, variables: { id: other } }, lastEventId);
    await stream.over();
    expect(stream.events[0]!.data).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'Last-Event-ID' } }],
    });
  }
});
