/** Proves that a list of the client package is the service's list, whatever comes in between, and grows no further than that. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Rows, type DispatchRow } from '../../packages/live/src/dispatches/rows.ts';
import { DispatchCardFragmentDoc } from '../../packages/live/src/generated/operations.ts';
import { createDispatchList, type DispatchList, type LiveClient } from '../../packages/live/src/index.ts';
import { tApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { Facts } from '../support/graphql-client.ts';
import { tLive } from '../support/live-client.ts';
import { assign, createDispatch, createDispatches, move } from '../support/operations.ts';

const row = (id: string, version: number, estado: DispatchRow['estado'] = 'PENDIENTE'): DispatchRow => ({
  ...{ id, version, estado, prioridad: 'MEDIA' },
  fechaSolicitud: `2026-11-26T00:00:0${id}.000Z`,
});

describe('rows', () => {
  const active = () => new Rows<DispatchRow>(({ estado }) => estado !== 'COMPLETADO');
  const shown = (rows: Rows<DispatchRow>) => rows.list().map(({ id, version }) => [id, version]);

  test('the newest version wins, in whatever order they come', () => {
    const rows = active();
    for (const version of [2, 1, 3, 2]) rows.take(row('1', version));
    expect(shown(rows)).toEqual([['1', 3]]);
  });

  test('a page that was read before an end does not bring the dispatch back', () => {
    const rows = active();
    rows.begin();
    rows.take(row('1', 3, 'COMPLETADO'));
    rows.take(row('1', 2));
    rows.end();
    expect(shown(rows)).toEqual([]);
  });

  test('what a new list does not have is there no more', () => {
    const rows = active();
    rows.take(row('1', 1));
    rows.take(row('2', 1));
    rows.begin();
    rows.take(row('2', 1));
    rows.end();
    expect(shown(rows)).toEqual([['2', 1]]);
  });

  test('the most recent request comes first, and the list is the same until it changes', () => {
    const rows = active();
    for (const id of ['2', '1', '3']) rows.take(row(id, 1));
    expect(shown(rows).map(([id]) => id)).toEqual(['3', '2', '1']);
    expect(rows.list()).toBe(rows.list());
    rows.take(row('3', 1));
    expect(shown(rows)).toHaveLength(3);
  });
});

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** Ends after the test. */
function follow(live: LiveClient) {
  const list: DispatchList<DispatchRow> = createDispatchList(live, { fragment: DispatchCardFragmentDoc });
  const facts = new Facts();
  const stop = list.subscribe(() => facts.changed());
  undos.push(stop);
  const shown = () => list.getSnapshot().rows.map(({ id, version }) => `${id}:${version}`);
  return {
    list,
    stop,
    shown,
    isOver: () => facts.until(() => list.getSnapshot().error !== null),
    until: (isThere: (rows: readonly string[]) => boolean) =>
      facts.until(
        () => list.getSnapshot().isListed && isThere(shown()),
        () => list.getSnapshot(),
      ),
  };
}

test('a list shows those that come, loses those that end, and is right after a break', async () => {
  const app = await tApp();
  const [one, two] = [await createDispatch(app), await createDispatch(app)];
  const wire = await tCutProxy(app.url);
  const { live } = tLive(`http://${wire.host}`, await app.token());
  const { until: shows, shown } = follow(live);
  await shows(({ length }) => length === 2);
  const three = await createDispatch(app);
  await shows(({ length }) => length === 3);
  wire.cut();
  await assign(app, one);
  await move(app, two, 'CANCELADO');
  const four = await createDispatch(app);
  wire.mend();
  await shows((rows) => rows.includes(`${four}:1`));
  expect(shown()).toEqual([`${four}:1`, `${three}:1`, `${one}:2`]);
});

test('two components that show the same list are both shown all of it', async () => {
  const app = await tApp();
  await createDispatch(app);
  const { live } = tLive(app.url, await app.token());
  const first = follow(live);
  await first.until(({ length }) => length === 1);
  const second = follow(live);
  await second.until(({ length }) => length === 1);
  await createDispatch(app);
  await Promise.all([first, second].map(({ until }) => until(({ length }) => length === 2)));
  first.stop();
  await createDispatch(app);
  await second.until(({ length }) => length === 3);
});

test('a list that is longer than a page is whole', async () => {
  const app = await tApp();
  await createDispatches(app, 450);
  const { live } = tLive(app.url, await app.token());
  const { until: shows, shown } = follow(live);
  await shows(({ length }) => length >= 450);
  expect(new Set(shown()).size).toBe(450);
});

test('a list whose client had no good token is read when there is one', async () => {
  const app = await tApp();
  await createDispatch(app);
  const given = ['bad', await app.token()];
  let at = 0;
  const { live, went } = tLive(app.url, () => given[at]!);
  const { list, until: shows } = follow(live);
  await went('connecting', 'stopped');
  expect(list.getSnapshot()).toMatchObject({ isListed: false, rows: [] });
  at = 1;
  live.restart();
  await shows(({ length }) => length === 1);
  expect(list.getSnapshot().error).toBeNull();
});

test('a list that a viewer may not read says so, and does not ask for ever', async () => {
  const app = await tApp();
  const { live } = tLive(app.url, await app.token({ permissions: [] }));
  const { list, isOver } = follow(live);
  await isOver();
  expect(list.getSnapshot().error!.code).toBe('FORBIDDEN');
});
