/** Who watches a part of the map in front of MS Despacho sees what comes, moves and goes, whether it was said here or there. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { east, inside, toldOf, watchArea, west, type ShownMove } from '../support/areas.ts';
import { changeElsewhere, createElsewhere, tMsDespacho } from '../support/ms-despacho-repositories.ts';
import { createDispatch, move, reportAt } from '../support/operations.ts';
import { until } from '../support/until.ts';

async function tService() {
  let aheadMs = 0;
  const standIn = await tMsDespacho({ now: () => Date.now() + aheadMs });
  const app = await tApp({ MS_DESPACHO_URL: standIn.url, MS_DESPACHO_POLL_MS: '200' });
  const metrics = async () => (await fetch(`${app.url}/metrics`)).text();
  await until('it has looked once', async () => /^dispatch_polled_total\{.* [1-9]/m.test(await metrics()));
  const watch = (variables?: Record<string, unknown>) => watchArea(app, variables);
  /** MS Despacho has another position of the ambulance. It dates to the second: in the same one nobody knows which is newer. */
  const moveThere = (id: string, { latitud, longitud }: { latitud: number; longitud: number }) => {
    aheadMs += 1_000;
    standIn.model.move(standIn.model.despachos.get(Number(id))!.ambulancia!, latitud, longitud);
  };
  return { standIn, app, watch, moveThere };
}

const told = ({ events }: { readonly events: readonly ShownMove[] }) => toldOf(events);

test('positions that are said here and those that MS Despacho has of the ambulance come, move and go', async () => {
  const { app, watch, moveThere } = await tService();
  const id = await createDispatch(app);
  await reportAt(app, id, west);
  const shown = await watch();
  await reportAt(app, id, inside);
  await shown.until((events) => events.length === 1);
  moveThere(id, { latitud: -16.51, longitud: -68.11 });
  await shown.until((events) => events.length === 2);
  moveThere(id, east);
  await shown.until((events) => events.length === 3);
  expect(told(shown)).toEqual([`ENTERED ${id}`, `MOVED ${id}`, `LEFT ${id}`]);
  expect(shown.events.map(({ location }) => location)).toEqual([
    inside,
    { latitud: -16.51, longitud: -68.11 },
    east,
  ]);
});

test('a dispatch that is made, moved on and ended there comes and goes by its status', async () => {
  const { standIn, app, watch, moveThere } = await tService();
  const all = await watch();
  const onTheWay = await watch({ estado: 'EN_CAMINO' });
  const id = await createElsewhere(standIn);
  await until('it is known', async () => {
    const { data } = await app.ask<{ despachos: unknown[] }>('{ despachos { id } }');
    return data!.despachos.length === 1;
  });
  moveThere(id, inside);
  await all.until((events) => events.length === 1);
  await changeElsewhere(standIn, id, 'en_camino');
  await onTheWay.until((events) => events.length === 1);
  await changeElsewhere(standIn, id, 'en_sitio');
  await onTheWay.until((events) => events.length === 2);
  await changeElsewhere(standIn, id, 'completado');
  await all.until((events) => events.length === 2);
  expect(told(all)).toEqual([`ENTERED ${id}`, `LEFT ${id}`]);
  expect(told(onTheWay)).toEqual([`ENTERED ${id}`, `LEFT ${id}`]);
});

test('who comes back is told what left, ended or came meanwhile, here or there', async () => {
  const { standIn, app, watch, moveThere } = await tService();
  const ids = [await createDispatch(app), await createDispatch(app), await createDispatch(app)] as const;
  const [left, ended, came] = ids;
  for (const id of [left, ended]) await reportAt(app, id, inside);
  await reportAt(app, came, west);
  const first = await watch();
  await first.until((events) => events.length === 2);
  const after = first.events.at(-1)!.cursor;
  first.unsubscribe();
  moveThere(left, east);
  await changeElsewhere(standIn, ended, 'cancelado');
  await reportAt(app, came, inside);
  await until('what happened there is known', async () => {
    const { data } = await app.ask<{
      left: { ubicacionActual: { longitud: number } };
      ended: { estado: string };
    }>(
      `{ left: dispatch(id: "${left}") { ubicacionActual { longitud } } ended: dispatch(id: "${ended}") { estado } }`,
    );
    return data!.left.ubicacionActual.longitud === east.longitud && data!.ended.estado === 'CANCELADO';
  });
  const back = await watch({ after });
  await back.until((events) => events.length === 3);
  expect(new Set(told(back))).toEqual(new Set([`LEFT ${left}`, `LEFT ${ended}`, `SNAPSHOT ${came}`]));
  expect(back.events.map(({ recovered }) => recovered)).toEqual([null, null, null]);
  await move(app, came, 'CANCELADO');
  await back.until((events) => events.length === 4);
  expect(told(back).at(-1)).toBe(`LEFT ${came}`);
});
