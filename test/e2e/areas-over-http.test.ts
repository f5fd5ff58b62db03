/** Who watches a part of the map over HTTP sees the same as over a socket: by event stream, by parts and by callback, also when they come back. */
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import {
  areaQuery,
  city,
  east,
  eastOfIt,
  inside,
  onItsWay,
  toldOf,
  west,
  type ShownMove,
} from '../support/areas.ts';
import { tCallbackRouter, type CallbackRouter } from '../support/callback-router.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventStream } from '../support/event-stream.ts';
import { tParts } from '../support/multipart.ts';
import { assign, createDispatch, move, reportAt } from '../support/operations.ts';
import { until } from '../support/until.ts';

interface Watching {
  readonly events: () => readonly ShownMove[];
  readonly stop: () => void;
}

interface Payload {
  readonly data: { readonly locationsInArea: ShownMove };
}

type Watch = (
  app: RunningApp,
  variables: Record<string, unknown>,
  router: CallbackRouter,
) => Promise<Watching>;

const transports: Readonly<Record<string, Watch>> = {
  'event stream': async (app, variables) => {
    const stream = await tEventStream(`${app.url}/graphql`, {
      token: await app.token(),
      body: { query: areaQuery, variables },
    });
    const next = () => stream.events.filter(({ event }) => event === 'next');
    return {
      events: () => next().map(({ data }) => (data as Payload).data.locationsInArea),
      stop: () => stream.response.destroy(),
    };
  },
  parts: async (app, variables) => {
    const parts = await tParts(app.url, { token: await app.token(), body: { query: areaQuery, variables } });
    return {
      events: () => parts.payloads.map((part) => (part as { payload: Payload }).payload.data.locationsInArea),
      stop: () => parts.response.destroy(),
    };
  },
  callback: async (app, variables, router) => {
    const token = await app.token();
    const { id, status } = await router.ask(app.url, { query: areaQuery, variables, token });
    expect(status).toBe(200);
    return { events: () => router.shown<ShownMove>(id), stop: () => router.forget(id) };
  },
};

const setUps = tEmbeddedAndRedis();

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  describe.each(Object.keys(transports))('by %s', (transport) => {
    const told = ({ events }: Watching) => toldOf(events());
    const shows = (watching: Watching, count: number) =>
      until(`${count} events`, () => watching.events().length >= count, 30_000);

    test('shows what is there, what comes, moves and goes; and who comes back, what left meanwhile', async () => {
      const router = await tCallbackRouter();
      const app = await tApp({ ...setUps[setUp]!(), CALLBACK_ORIGINS: router.origin });
      const watch = (variables: Record<string, unknown>) => transports[transport]!(app, variables, router);
      const [goes, comes] = [await onItsWay(app), await onItsWay(app, west)];
      const first = await watch({ area: city });
      await shows(first, 1);
      await reportAt(app, goes, { ...inside, latitud: -16.51 });
      await shows(first, 2);
      await reportAt(app, comes, inside);
      await shows(first, 3);
      expect(told(first)).toEqual([`SNAPSHOT ${goes}`, `MOVED ${goes}`, `ENTERED ${comes}`]);
      first.stop();

      await reportAt(app, goes, east);
      const ends = await onItsWay(app);
      await move(app, ends, 'CANCELADO');
      const back = await watch({ area: city, after: first.events().at(-1)!.cursor });
      await until('what is there is shown', () => told(back).includes(`SNAPSHOT ${comes}`), 30_000);
      expect(new Set(told(back))).toEqual(new Set([`LEFT ${goes}`, `LEFT ${ends}`, `SNAPSHOT ${comes}`]));
      await move(app, comes, 'CANCELADO');
      await until('it is live', () => told(back).at(-1) === `LEFT ${comes}`, 30_000);
      back.stop();

      const moved = await watch({ area: eastOfIt, after: back.events().at(-1)!.cursor });
      await until(
        'what is in the other box is shown',
        () => told(moved).includes(`SNAPSHOT ${goes}`),
        30_000,
      );
      await reportAt(app, goes, { ...east, latitud: -16.52 });
      await until('it moves', () => told(moved).at(-1) === `MOVED ${goes}`, 30_000);
      const all = [first, back, moved].flatMap(({ events }) => events());
      expect(all.filter(({ recovered }) => recovered !== null)).toEqual([]);
    });
  });
});

test('an event stream that is cut comes back by the id of its last event', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id);
  await reportAt(app, id, inside);
  const token = await app.token();
  const request = { token, body: { query: areaQuery, variables: { area: city } } };
  const first = await tEventStream(`${app.url}/graphql`, request);
  await first.until(({ events }) => events.length === 1);
  first.response.destroy();
  await reportAt(app, id, east);
  const back = await tEventStream(`${app.url}/graphql`, { ...request, lastEventId: first.place.id });
  await back.until(({ events }) => events.length === 1);
  expect(back.events).toMatchObject([
    { data: { data: { locationsInArea: { change: 'LEFT', despachoId: id, recovered: null } } } },
  ]);
});
