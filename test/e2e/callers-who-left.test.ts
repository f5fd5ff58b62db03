/** Proves on each transport that requests to MS Despacho end when their caller has left. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { expectToServeOthers } from '../support/http.ts';
import {
  byComplete,
  byCut,
  byGet,
  callbackOf,
  eventStream,
  eventStreamByGet,
  plainHttp,
  type Leaving,
} from '../support/leaving.ts';
import { tLogLines } from '../support/log-lines.ts';
import { createElsewhere, tMsAuth, tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { until } from '../support/until.ts';
import type { StandInRequest, Trouble } from '../support/upstreams/stand-in.ts';

interface Read {
  readonly what: string;
  readonly query: string;
  /** Whether a request to MS Despacho belongs to this operation. */
  readonly asks: (request: StandInRequest) => boolean;
}

const pageSize = 37;
const asksForOne = ({ path }: StandInRequest) => path === '/api/v1/despachos/1';
const queries: readonly Read[] = [
  { what: 'one dispatch', query: '{ dispatch(id: "1") { estado } }', asks: asksForOne },
  {
    what: 'a list',
    query: `{ despachos(limit: ${pageSize}) { estado } }`,
    asks: ({ query }) => query.get('per_page') === String(pageSize),
  },
];
const opening: Read = {
  what: 'a snapshot',
  query: 'subscription { dispatchUpdated(id: "1") { dispatch { estado } } }',
  asks: asksForOne,
};

/** A service in front of an MS Despacho that never answers the reads; no timeout ends them within the test. */
async function tService({ asks }: Read, env: Record<string, string> = {}) {
  const standIn = await tMsDespacho();
  await createElsewhere(standIn);
  const logged = tLogLines();
  const settings = { MS_DESPACHO_TIMEOUT_MS: '60000', MS_DESPACHO_POLL_MS: '60000', ...env };
  const app = await tApp({ MS_DESPACHO_URL: standIn.url, ...settings }, logged);
  const known = logged.lines.length;
  let passedOn = 0;
  let trouble: Trouble | undefined = { kind: 'slow', ms: Infinity };
  standIn.trouble = (request) => {
    if (!asks(request)) return undefined;
    passedOn += 1;
    return trouble;
  };
  return {
    ...{ standIn, app },
    /** The number of requests to MS Despacho. */
    passedOn: () => passedOn,
    recover: () => (trouble = undefined),
    news: () => logged.lines.slice(known),
  };
}

async function expectToEndWith(leaving: Leaving, read: Read, env?: Record<string, string>): Promise<void> {
  const { standIn, app, passedOn, recover, news } = await tService(read, env);
  const leave = await leaving.ask(app, read);
  await until('MS Despacho is asked', () => passedOn() > 0);
  const calledOff = standIn.calledOff.length;
  leave();
  await until('it is called off', () => standIn.calledOff.length > calledOff);

  recover();
  await until('nothing is held open', async () => {
    const { data } = await app.ask<{ connectionStats: object }>(
      '{ connectionStats { processSubscriptions } }',
    );
    return JSON.stringify(data?.connectionStats) === '{"processSubscriptions":0}';
  });
  await expectToServeOthers(app);
  await app.close();
  expect(passedOn()).toBe(1);
  expect(news().filter(({ level }) => level >= 40)).toEqual([]);
  const outcomes = news().filter(({ msg, outcome }) => msg === 'operation' && outcome !== 'ok');
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(leaving.outcomes);
}

describe.each([byComplete, byCut, eventStream, plainHttp, byGet])('a query over $transport', (leaving) => {
  test.each(queries)('ends the reading of $what when its caller leaves', (read) =>
    expectToEndWith(leaving, read),
  );
});

describe.each([byComplete, byCut, eventStream])('a subscription over $transport', (leaving) => {
  test('ends the reading of its snapshot when its caller leaves', () => expectToEndWith(leaving, opening));
});

describe('a subscription over HTTP callback', () => {
  test('ends the reading of its snapshot when the router breaks off its request', async () => {
    const router = await tCallbackRouter();
    await expectToEndWith(callbackOf(router), opening, { CALLBACK_ORIGINS: router.origin });
    expect(router.messages).toEqual([]);
  });

  test('does not begin when the router breaks off its request before it has confirmed', async () => {
    const router = await tCallbackRouter();
    const app = await tApp({ CALLBACK_ORIGINS: router.origin });
    const confirmation = Promise.withResolvers<number>();
    router.answers.push(confirmation.promise);
    const query = 'subscription { dispatchesUpdated { cursor } }';
    const leave = await callbackOf(router).ask(app, { query });
    await router.until(() => router.messages.length === 1);
    expect(await app.metric('dispatch_subscriptions')).toBe(1);
    leave();
    // This request was sent after the caller had left; when it is answered, the service knows of that.
    await expectToServeOthers(app);
    confirmation.resolve(204);
    await until('it is left', async () => (await app.metric('dispatch_subscriptions')) === 0);
    expect(await app.metric('dispatch_callbacks')).toBe(0);
    expect(router.messages.map(({ action }) => action)).toEqual(['check']);
  });
});

test.each([plainHttp, byGet, eventStream, eventStreamByGet])(
  'over $transport nothing is read for a caller who leaves before their token is verified',
  async (leaving) => {
    const auth = await tMsAuth();
    const [read] = queries;
    const { app, passedOn, recover } = await tService(read!, { MS_AUTH_URL: `${auth.url}/graphql` });
    recover();
    const checked = Promise.withResolvers<void>();
    auth.trouble = () => ({ kind: 'held', until: checked.promise });
    const [token, other] = ['somebody', 'somebody else'].map((name) =>
      auth.login(auth.addUser(['admin'], name)),
    );
    const leave = await leaving.ask({ ...app, token: () => Promise.resolve(token!) }, read!);
    await until('MS Auth is asked', () => auth.calls.length > 0);
    leave();
    auth.trouble = () => undefined;
    const ask = (of: string) => app.ask('{ channelHistory(channel: "general") { id } }', {}, of);
    expect((await ask(other!)).errors).toBeUndefined();
    checked.resolve();
    // Their token is verified once for both requests: when this one is answered, it is known who they were.
    expect((await ask(token!)).errors).toBeUndefined();
    expect(passedOn()).toBe(0);
    for (const left of ['dispatch_unread_bytes', 'dispatch_event_streams'])
      await until(`${left} is zero`, async () => (await app.metric(left)) === 0);
  },
);
