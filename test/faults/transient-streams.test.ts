/** Proves that what passes by itself ends no stream of Server-Sent Events, and that whoever hands events on to others is told why one ends. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tEventSource } from '../support/event-source.ts';
import { tEventClient, tEventStream } from '../support/event-stream.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  type Update,
} from '../support/operations.ts';
import { until } from '../support/until.ts';

/** What Hive Router asks with. */
const ofRouter = 'multipart/mixed;subscriptionSpec="1.0", text/event-stream';

const addressOf = (url: string, query: string, variables = {}) =>
  `${url}/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`;

describe('a refusal that passes', () => {
  /** A service whose only subscription is taken by a WebSocket. */
  async function tFull() {
    const app = await tApp({ MAX_SUBSCRIPTIONS_PER_VIEWER: '1' });
    const id = await createDispatch(app);
    const holder = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id });
    await holder.until((events) => events.length === 1);
    return { app, id, holder, token: await app.token() };
  }

  test('has a status and Retry-After for a POST, and the stock client comes back', async () => {
    const { app, id, holder, token } = await tFull();
    const url = `${app.url}/graphql`;
    const refused = await tEventStream(url, { token, body: { query: dispatchUpdated, variables: { id } } });
    expect(refused.status).toBe(429);
    expect(Number(refused.response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const body = JSON.parse((await refused.over()).text) as { errors: unknown };
    expect(body.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
    let attempts = 0;
    const retry = async () => {
      attempts += 1;
      if (attempts === 2) holder.unsubscribe();
      await app.metric('dispatch_subscriptions');
    };
    const client = tEventClient(app.url, token, { retryAttempts: Infinity, retry });
    const shown = subscribe<Update>(client, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    expect(shown.failures).toEqual([]);
    expect(attempts).toBeGreaterThanOrEqual(2);
  });

  test('is a cut stream for a GET, after which an EventSource comes back', async () => {
    const { app, id, holder, token } = await tFull();
    const address = addressOf(app.url, dispatchUpdated, { id });
    const refused = await tEventStream(address, { token });
    expect(refused.status).toBe(200);
    const { text } = await refused.over();
    expect(text).toMatch(/^retry: \d+\n\n$/);
    expect(refused.response.complete).toBe(false);
    const source = tEventSource<{ dispatchUpdated: Update }>(address, token);
    await until('it came back', () => source.opened >= 1 && source.errors >= 1, 20_000);
    holder.unsubscribe();
    await until('it is shown the dispatch', () => source.shown.length === 1, 20_000);
    expect(source.isOver).toBe(false);
  }, 60_000);

  test('is told to a router in a stream, as everything is', async () => {
    const { app, id, token } = await tFull();
    const url = `${app.url}/graphql`;
    const ask = (query: string, given?: string) =>
      tEventStream(url, {
        ...(given !== undefined && { token: given }),
        body: { query, variables: { id } },
        accept: ofRouter,
      });
    const cases = [
      ['LIMIT_EXCEEDED', await ask(dispatchUpdated, token)],
      ['UNAUTHENTICATED', await ask(dispatchUpdated)],
      [
        'NOT_FOUND',
        await ask('subscription { dispatchUpdated(id: "999") { cursor } }', await app.token({ sub: 'luis' })),
      ],
    ] as const;
    for (const [code, stream] of cases) {
      expect(stream.status).toBe(200);
      expect((await stream.over()).isComplete).toBe(true);
      expect(stream.events).toMatchObject([
        { event: 'next', data: { errors: [{ extensions: { code } }] } },
        { event: 'complete' },
      ]);
    }
    const malformed = await tEventStream(url, { token, body: { query: 1 }, accept: ofRouter });
    expect(malformed.status).toBe(400);
  });
});

describe('an open stream', () => {
  test('is cut when the service ends: what was written has come, and the stock client goes on trying', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const bare = await tEventStream(`${app.url}/graphql`, {
      token: await app.token(),
      body: { query: dispatchUpdated, variables: { id } },
    });
    await bare.until(({ events }) => events.length === 1);
    const client = tEventClient(app.url, await app.token(), {
      retryAttempts: Infinity,
      retry: () => new Promise(() => {}),
    });
    const shown = subscribe<Update>(client, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await assign(app, id);
    await shown.until((events) => events.length === 2);
    const closing = app.close();
    expect(await bare.over()).toMatchObject({ isComplete: false });
    expect(bare.events).toHaveLength(2);
    // An incomplete response, whose connection was not reset.
    expect(bare.response.complete).toBe(false);
    await closing;
    expect(shown.failures).toEqual([]);
    expect(shown.isComplete()).toBe(false);
    shown.unsubscribe();
  });

  test('tells a router first: that it is interrupted, or that the token has expired', async () => {
    const clock = new ManualClock();
    const app = await tApp({}, { clock });
    const open = async (token: string) => {
      const body = { query: dispatchesUpdated };
      const stream = await tEventStream(`${app.url}/graphql`, { token, body, accept: ofRouter });
      await stream.until(({ comments }) => comments === 1);
      return stream;
    };
    const expiring = await open(await app.token({}, 60_000));
    await clock.advance(90_000);
    expect(await expiring.over()).toMatchObject({ isComplete: false });
    expect(expiring.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } }] } },
    ]);
    const interrupted = await open(await app.token());
    await app.close();
    expect(await interrupted.over()).toMatchObject({ isComplete: false });
    expect(interrupted.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }] } },
    ]);
    expect(interrupted.response.complete).toBe(false);
  });
});
