/** A real browser's EventSource, by GET: it goes on where it was, and ends where it is told to. */
import { expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { streamAddress, tBrowserSource, type BrowserSourceState } from '../support/browser-source.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';
import { messageBroadcast, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const channel = 'general';
/** Says who asks, in the place of a proxy or a ticket. */
const shownBy = async (app: RunningApp) => ({
  extraHTTPHeaders: { authorization: `Bearer ${await app.token()}` },
});
const numbersOf = ({ shown }: BrowserSourceState) =>
  shown.map(({ data }) => Number((data as { messageBroadcast: Message }).messageBroadcast.message));
const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

test('goes on behind the last event that it has read, however its path breaks', async () => {
  const app = await tApp();
  const wire = await tCutProxy(app.url);
  const address = streamAddress(`http://${wire.host}`, messageBroadcast, { channel });
  const source = await tBrowserSource(address, await shownBy(app));
  await live(app, 1);
  for (let round = 0; round < 3; round += 1) {
    await say(app, channel, 10 * round + 1, 10 * round + 4);
    await source.until('it has read', ({ shown }) => shown.length >= 10 * round + 4);
    wire.cut();
    await say(app, channel, 10 * round + 5, 10 * round + 8);
    wire.mend();
    await say(app, channel, 10 * round + 9, 10 * round + 10);
    await source.until('it is back', ({ shown }) => shown.length >= 10 * round + 10);
  }
  const state = await source.state();
  expect(numbersOf(state)).toEqual(range(1, 30));
  expect(state).toMatchObject({ readyState: 1, opened: 4 });
}, 90_000);

test('comes back when the service was away for a while', async () => {
  const env = { DATA_DIR: tTemporaryFolder() };
  const first = await tApp(env);
  const wire = await tCutProxy(first.url);
  const address = streamAddress(`http://${wire.host}`, messageBroadcast, { channel });
  const source = await tBrowserSource(address, await shownBy(first));
  await live(first, 1);
  await say(first, channel, 1);
  await source.until('it has read', ({ shown }) => shown.length === 1);
  await first.close();
  await source.until('it noticed', ({ readyState, errors }) => readyState === 0 && errors >= 1);
  const second = await tApp(env);
  wire.leadTo(second.url);
  await live(second, 1);
  await say(second, channel, 2);
  const state = await source.until('it goes on', (seen) => numbersOf(seen).includes(2));
  // The log was lost with its process, so that what it may not have read is shown again.
  expect([...new Set(numbersOf(state))]).toEqual([1, 2]);
  await second.close();
}, 90_000);

test('ends after the end of an operation', async () => {
  const app = await tApp();
  const address = streamAddress(app.url, '{ despachos { id } }');
  const source = await tBrowserSource(address, await shownBy(app));
  const state = await source.until('it has given up', ({ readyState }) => readyState === 2);
  expect(state).toMatchObject({ shown: [{ data: { despachos: [] } }], completed: 1, opened: 1 });
  expect(source.statuses).toEqual([200, 204]);
}, 60_000);

test.each([
  ['that nobody knows', 'UNAUTHENTICATED', dispatchUpdated, false],
  ['that may not', 'FORBIDDEN', dispatchUpdated, true],
  ['with a mistake', 'GRAPHQL_VALIDATION_FAILED', '{ despachoz { id } }', true],
])(
  'is shown why it is refused for good, and ends: one %s',
  async (_who, code, query, hasToken) => {
    const app = await tApp();
    const authorization = `Bearer ${await app.token({ permissions: [] })}`;
    const options = hasToken ? { extraHTTPHeaders: { authorization } } : {};
    const source = await tBrowserSource(streamAddress(app.url, query, { id: '1' }), options);
    const state = await source.until('it has given up', ({ readyState }) => readyState === 2);
    expect(state.shown).toMatchObject([{ errors: [{ extensions: { code } }] }]);
    expect(source.statuses).toEqual([200, 204]);
  },
  60_000,
);

test('ends at any other status, and is not shown why', async () => {
  const app = await tApp();
  const address = `${app.url}/graphql?query=`;
  const source = await tBrowserSource(address, await shownBy(app));
  const state = await source.until('it has given up', ({ readyState }) => readyState === 2);
  expect([state.shown, state.opened, source.statuses]).toEqual([[], 0, [400]]);
}, 60_000);

test('comes back until what passes has passed', async () => {
  const app = await tApp({ MAX_SUBSCRIPTIONS_PER_VIEWER: '1' });
  const id = await createDispatch(app);
  const holder = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id });
  await holder.until((events) => events.length === 1);
  const source = await tBrowserSource(streamAddress(app.url, dispatchUpdated, { id }), await shownBy(app));
  await source.until('it was turned away', ({ errors, readyState }) => errors >= 1 && readyState === 0);
  holder.unsubscribe();
  const state = await source.until('it is served', ({ shown }) => shown.length === 1);
  expect(state).toMatchObject({ shown: [{ data: { dispatchUpdated: { changeType: 'SNAPSHOT' } } }] });
}, 90_000);

test('shows by a ticket who asks, and misses nothing when its path breaks', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'url' });
  const wire = await tCutProxy(app.url);
  const address = streamAddress(`http://${wire.host}`, messageBroadcast, { channel });
  const source = await tBrowserSource(address, { token: () => app.token() });
  await live(app, 1);
  await say(app, channel, 1, 3);
  await source.until('it has read', ({ shown }) => shown.length === 3);
  wire.cut();
  await say(app, channel, 4, 6);
  wire.mend();
  const state = await source.until('it is back', ({ shown }) => shown.length >= 6);
  expect(numbersOf(state)).toEqual(range(1, 6));
}, 60_000);

test('opens a stream of another origin with the ticket that its page was given', async () => {
  const [app, pageOf] = [await tApp({ EVENT_STREAM_TICKETS: 'url' }), await tApp()];
  const address = streamAddress(app.url.replace('127.0.0.1', 'localhost'), messageBroadcast, { channel });
  const source = await tBrowserSource(address, { token: () => app.token(), pageOf: pageOf.url });
  await live(app, 1);
  await say(app, channel, 1);
  await source.until('it has read', ({ shown }) => shown.length === 1);
}, 60_000);

test('is shown that its token has expired, and ends', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'url' });
  const address = streamAddress(app.url, messageBroadcast, { channel });
  const source = await tBrowserSource(address, { token: () => app.token({}, 3_000) });
  const state = await source.until('it has given up', ({ readyState }) => readyState === 2);
  expect(state.shown.at(-1)).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } }],
  });
  expect(source.statuses.at(-1)).toBe(204);
}, 60_000);
