/** Proves that the service keeps all protocol promises with embedded stores and with Redis. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { callback } from './callback.ts';
import { graphqlTransportWs } from './graphql-transport-ws.ts';
import { multipartSubscriptions } from './multipart.ts';
import { passthrough } from './passthrough.ts';
import type { Promised, Start } from './promise.ts';
import { serverSentEvents } from './sse.ts';

const suites: Readonly<Record<string, readonly Promised[]>> = {
  'Apollo Router, WebSocket passthrough': passthrough,
  'Apollo Router, HTTP callback': callback,
  'GraphQL over Server-Sent Events': serverSentEvents,
  'graphql-transport-ws': graphqlTransportWs,
  'Subscriptions as parts of HTTP': multipartSubscriptions,
};

let redis: TestRedis;
beforeAll(async () => {
  redis = await tRedis();
});
afterAll(() => redis.stop());

let services = 0;
const setUps: Readonly<Record<string, Start>> = {
  embedded: tApp,
  Redis: (env, overrides) => {
    services += 1;
    return tApp({ REDIS_URL: redis.url, REDIS_PREFIX: `service-${services}:`, ...env }, overrides);
  },
};

test('no two promises have the same number', () => {
  const numbers = Object.values(suites).flatMap((promises) => promises.map(({ number }) => number));
  expect(new Set(numbers).size).toBe(numbers.length);
});

describe.each(Object.entries(suites))('%s', (_suite, promises) => {
  describe.each(Object.entries(setUps))('%s', (_setUp, start) => {
    test.each(promises.map((promise) => [promise.number, promise.level, promise.says, promise] as const))(
      '%s (%s): the service %s',
      async (_number, _level, _says, promise) => {
        expect.hasAssertions();
        await promise.prove(start);
      },
      20_000,
    );
  });
});
