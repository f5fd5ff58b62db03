/** Who watches a part of the map sees what comes, moves and goes there: by its way, across cells, and when the map is moved. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import {
  areaQuery,
  city,
  east,
  eastOfIt,
  inside,
  onItsWay,
  toldOf,
  watchArea,
  west,
  type ShownMove,
} from '../support/areas.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { move, reportAt } from '../support/operations.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();

describe.each(['embedded', 'Redis'])('%s', (name) => {
  async function tWatched() {
    const app = await tApp(setUps[name]!());
    return { app, watch: (variables?: Record<string, unknown>) => watchArea(app, variables) };
  }
  const told = ({ events }: { readonly events: readonly ShownMove[] }) => toldOf(events);

  test('shows what is there, what comes, moves, goes through and goes, and nothing else', async () => {
    const { app, watch } = await tWatched();
    const [here, there] = [await onItsWay(app, inside), await onItsWay(app, west)];
    const shown = await watch();
    await shown.until((events) => events.length === 1);
    await reportAt(app, here, { ...inside, latitud: -16.51 });
    await shown.until((events) => events.length === 2);
    await reportAt(app, there, inside);
    await shown.until((events) => events.length === 3);
    await reportAt(app, there, east);
    await shown.until((events) => events.length === 4);
    // Through a corner of it, between two positions.
    await reportAt(app, there, { latitud: -16.42, longitud: -67.98 });
    await reportAt(app, there, { latitud: -16.39, longitud: -68.02 });
    await shown.until((events) => events.length === 5);
    for (const estado of ['EN_SITIO', 'TRASLADANDO', 'COMPLETADO']) await move(app, here, estado);
    await shown.until((events) => events.length === 6);
    expect(told(shown)).toEqual([
      ...[`SNAPSHOT ${here}`, `MOVED ${here}`, `ENTERED ${there}`, `LEFT ${there}`],
      ...[`LEFT ${there}`, `LEFT ${here}`],
    ]);
    expect(shown.events[1]!.location).toEqual({ ...inside, latitud: -16.51 });
    expect(shown.failures).toEqual([]);
  });

  test('a jump over it is none of its business', async () => {
    const { app, watch } = await tWatched();
    const id = await onItsWay(app, { latitud: -16.5, longitud: -70 });
    const shown = await watch();
    await reportAt(app, id, { latitud: -16.5, longitud: -66 });
    await reportAt(app, id, inside);
    await shown.until((events) => events.length === 1);
    expect(told(shown)).toEqual([`ENTERED ${id}`]);
  });

  test('a map that is moved is told what left the box before, and what is in the new one', async () => {
    const { app, watch } = await tWatched();
    const [stays, crosses] = [await onItsWay(app, inside), await onItsWay(app, inside)];
    const [ends, comes] = [await onItsWay(app, inside), await onItsWay(app, east)];
    const first = await watch();
    await first.until((events) => events.length === 3);
    const after = first.events.at(-1)!.cursor;
    first.unsubscribe();
    await reportAt(app, crosses, east);
    await move(app, ends, 'CANCELADO');
    const moved = await watch({ area: eastOfIt, after });
    await moved.until((events) => events.length === 4);
    expect(new Set(told(moved))).toEqual(
      new Set([`LEFT ${stays}`, `LEFT ${ends}`, `SNAPSHOT ${crosses}`, `SNAPSHOT ${comes}`]),
    );
    const again = await watch({ after: moved.events.at(-1)!.cursor });
    await again.until((events) => events.some(({ change }) => change === 'SNAPSHOT'));
    expect(told(again).at(-1)).toBe(`SNAPSHOT ${stays}`);
    expect(new Set(told(again).slice(0, -1))).toEqual(
      new Set([`LEFT ${crosses}`, `LEFT ${ends}`, `LEFT ${comes}`]),
    );
    expect([...moved.events, ...again.events].map(({ recovered }) => recovered)).toEqual(
      [...moved.events, ...again.events].map(() => null),
    );
  });

  test('who comes back with a cursor that nobody signed begins anew, and is told so, also where nothing is there', async () => {
    const { app, watch } = await tWatched();
    const id = await onItsWay(app, inside);
    const first = await watch();
    await first.until((events) => events.length === 1);
    const said = Buffer.from(first.events[0]!.cursor, 'base64url').toString('latin1');
    const after = Buffer.from(said.slice(0, said.lastIndexOf('.')), 'latin1').toString('base64url');
    const anew = { change: 'ANEW', despachoId: null, location: null, recovered: 'PARTIAL' };
    const shown = await watch({ after });
    await shown.until((events) => events.length === 2);
    expect(shown.events).toMatchObject([anew, { change: 'SNAPSHOT', despachoId: id, recovered: 'PARTIAL' }]);
    const elsewhere = await watch({ area: eastOfIt, after });
    await elsewhere.until((events) => events.length === 1);
    expect(elsewhere.events).toMatchObject([anew]);
    await reportAt(app, id, east);
    await elsewhere.until((events) => events.length === 2);
    expect(elsewhere.events[1]).toMatchObject({ change: 'ENTERED', despachoId: id, recovered: null });
    const again = await watch({ area: eastOfIt, after: elsewhere.events[0]!.cursor });
    await again.until((events) => events.some(({ change }) => change === 'SNAPSHOT'));
    expect(again.events.filter(({ change }) => change === 'ANEW')).toEqual([]);
  });

  test('with a status shows when a dispatch begins and ceases to have it', async () => {
    const { app, watch } = await tWatched();
    const id = await onItsWay(app, inside);
    const shown = await watch({ estado: 'EN_SITIO' });
    const all = await watch();
    await all.until((events) => events.length === 1);
    await move(app, id, 'EN_SITIO');
    await shown.until((events) => events.length === 1);
    await reportAt(app, id, { ...inside, latitud: -16.51 });
    await shown.until((events) => events.length === 2);
    await move(app, id, 'TRASLADANDO');
    await shown.until((events) => events.length === 3);
    expect(told(shown)).toEqual([`ENTERED ${id}`, `MOVED ${id}`, `LEFT ${id}`]);
    expect(told(all)).toEqual([`SNAPSHOT ${id}`, `MOVED ${id}`]);
  });

  test('each event is executed once, whatever the boxes are and whatever it is to them', async () => {
    const { app } = await tWatched();
    const id = await onItsWay(app, west);
    const client = tClient(app.wsUrl, await app.token());
    const boxes = Array.from({ length: 40 }, (_, index) => ({ ...city, oeste: city.oeste + index / 2_000 }));
    const watching = boxes.map((area) => subscribe<ShownMove>(client, areaQuery, { area }));
    await until('all are live', async () => (await app.metric('dispatch_subscriptions')) === boxes.length);
    const before = await app.metric('dispatch_executions_total');
    const places = [inside, { ...inside, latitud: -16.51 }, east];
    for (const [index, place] of places.entries()) {
      await reportAt(app, id, place);
      for (const shown of watching) await shown.until((events) => events.length === index + 1);
    }
    expect((await app.metric('dispatch_executions_total')) - before).toBe(places.length);
    for (const shown of watching) {
      expect(told(shown)).toEqual([`ENTERED ${id}`, `MOVED ${id}`, `LEFT ${id}`]);
      expect(new Set(watching.map(({ events }) => events[0]!.cursor)).size).toBe(boxes.length);
    }
  });
});

test.each([
  [{ norte: -17 }, 'area.norte must be larger than area.sur, and is -17.'],
  [{ este: -68.2 }, 'area.este must be another one than area.oeste, and is -68.2.'],
  [{ sur: -91 }, 'area.sur must be from -90 to 90, and is -91.'],
])('what is no box is refused: %j', async (change, message) => {
  const app = await tApp();
  const shown = subscribe<ShownMove>(tClient(app.wsUrl, await app.token()), areaQuery, {
    area: { ...city, ...change },
  });
  await shown.ended();
  expect(shown.failures).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
});
