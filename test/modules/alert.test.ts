/** Alerts as dispatchers meet them: listed, watched, acknowledged, and referred to by other subgraphs. */
import { expect, test } from '@jest/globals';
import { AlertWatcher } from '../../src/modules/alert/alert-watcher.ts';
import { noLimits } from '../../src/modules/alert/limits.ts';
import { tDispatches } from '../support/dispatches.ts';
import { codeOf, viewer, type Data, type Stream } from '../support/subgraph.ts';

const ana = viewer('dispatcher', { id: 'ana' });
const eva = viewer('paramedic', { id: 'eva', ambulanciaId: 'A1' });
const tenSeconds = { BAJA: null, MEDIA: 10_000, ALTA: 10_000, CRITICA: 10_000 };
/** Where MS Despacho chooses an ambulance at once, nothing is PENDIENTE. */
const overdueMs = { ...noLimits.overdueMs, PENDIENTE: tenSeconds, ASIGNADO: tenSeconds };

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly clearedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly cursor: string;
  readonly position: string;
  readonly follows: string | null;
}

async function tWatched() {
  const subgraph = await tDispatches({ limits: { ...noLimits, overdueMs } });
  const { database, clock, log, alertBook: book, assignmentReader, data } = subgraph;
  const watcher = new AlertWatcher({
    ...{ database, clock, log, book },
    deliveriesOf: (ids) => assignmentReader.deliveriesOf(ids),
  });
  return {
    ...subgraph,
    /** A dispatch that nobody has done anything about. */
    overdue: async (input: object = {}) => {
      const id = await subgraph.create(input);
      await clock.advance(10_000);
      while (await watcher.lookNext());
      return id;
    },
    list: async (args = ''): Promise<Data[]> => {
      const query = `{ alerts${args} { edges { cursor node { id kind despachoId clearedAt } } } }`;
      const { edges } = (await data(ana, query))['alerts'] as { edges: { node: Data }[] };
      return edges.map(({ node }) => node);
    },
  };
}

const take = async (stream: Stream, count: number) => (await stream.take(count)) as unknown as Shown[];

const fields = 'id kind clearedAt acknowledgedBy cursor position follows recovered dispatch { id }';
const watch = `subscription ($kinds: [AlertKind!], $after: Cursor) { alertRaised(kinds: $kinds, after: $after) { ${fields} } }`;
const acknowledge = 'mutation ($id: ID!) { acknowledgeAlert(id: $id) { id acknowledgedBy acknowledgedAt } }';

test('a dispatch that waits for too long is listed, with what it is about', async () => {
  const { overdue, data, clock } = await tWatched();
  const id = await overdue({ prioridad: 'CRITICA' });
  const { alerts } = await data(
    ana,
    `{ alerts(open: true) { edges { node { kind prioridad despachoId since limitAt raisedAt acknowledgedAt
      cursor dispatch { id prioridad } } } pageInfo { hasNextPage } } }`,
  );
  const limitAt = new Date(clock.now()).toISOString();
  expect(alerts).toMatchObject({
    edges: [
      {
        node: {
          ...{ kind: 'OVERDUE', prioridad: 'CRITICA', despachoId: id, limitAt, acknowledgedAt: null },
          ...{ cursor: null, dispatch: { id, prioridad: 'CRITICA' } },
        },
      },
    ],
    pageInfo: { hasNextPage: false },
  });
});

test('a list is read page by page, newest first, by dispatch, by kind, and by whether their reason lasts', async () => {
  const { overdue, list, data, move, ask } = await tWatched();
  const ids = [await overdue(), await overdue(), await overdue()];
  await move(ids[1]!, 'CANCELADO');
  const page = `query ($after: String) { alerts(first: 2, after: $after) { edges { node { despachoId } }
    pageInfo { endCursor hasNextPage } } }`;
  const first = (await data(ana, page))['alerts'] as { edges: object[]; pageInfo: Data };
  expect(first.edges).toEqual([{ node: { despachoId: ids[2] } }, { node: { despachoId: ids[1] } }]);
  const second = await data(ana, page, { after: first.pageInfo['endCursor'] });
  expect(second['alerts']).toEqual({
    edges: [{ node: { despachoId: ids[0] } }],
    pageInfo: { endCursor: expect.any(String), hasNextPage: false },
  });
  expect(await list('(open: true)')).toHaveLength(2);
  expect(await list('(open: false)')).toMatchObject([{ despachoId: ids[1] }]);
  expect(await list(`(despachoId: ${ids[0]})`)).toMatchObject([{ despachoId: ids[0] }]);
  for (const kinds of ['[UNDELIVERED]', '[]']) expect(await list(`(kinds: ${kinds})`)).toEqual([]);
  expect(codeOf(await ask(ana, '{ alerts(after: "x") { edges { cursor } } }'))).toBe('BAD_USER_INPUT');
  expect(codeOf(await ask(ana, '{ alerts(first: 501) { edges { cursor } } }'))).toBe('BAD_USER_INPUT');
});

test('a stream begins with what is open, and goes on with all that becomes of it', async () => {
  const { overdue, subscribe, ask, move } = await tWatched();
  const id = await overdue();
  const stream = await subscribe(ana, watch);
  const [open] = await take(stream, 1);
  expect(open).toMatchObject({ kind: 'OVERDUE', dispatch: { id }, follows: null, recovered: null });
  await ask(ana, acknowledge, { id: open!.id });
  await move(id, 'CANCELADO');
  const [acknowledged, cleared] = await take(stream, 2);
  expect(acknowledged).toMatchObject({ id: open!.id, acknowledgedBy: 'ana', clearedAt: null });
  expect(cleared).toMatchObject({ id: open!.id, acknowledgedBy: 'ana', clearedAt: expect.any(String) });
  expect(cleared!.follows).toBe(acknowledged!.position);
  stream.leave();
  const resumed = await subscribe(ana, watch, { after: acknowledged!.cursor });
  expect(await resumed.take(1)).toMatchObject([{ id: open!.id, clearedAt: cleared!.clearedAt }]);
});

test('a stream of some kinds shows those alone, and one of a single kind says what it follows', async () => {
  const { overdue, subscribe } = await tWatched();
  const stale = await subscribe(ana, watch, { kinds: ['STALE_POSITION', 'BACK_ONLINE'] });
  const none = await subscribe(ana, watch, { kinds: [] });
  const late = await subscribe(ana, watch, { kinds: ['OVERDUE'] });
  await overdue();
  const [first] = await take(late, 1);
  await overdue();
  const [second] = await take(late, 1);
  expect(second!.follows).toBe(first!.position);
  expect([stale.shown, none.shown]).toEqual([[], []]);
});

test('where the events are no longer kept, what was changed since then comes first', async () => {
  const { overdue, subscribe, move, eventLog, untilRelayed } = await tWatched();
  const id = await overdue();
  const stream = await subscribe(ana, watch);
  const [open] = await take(stream, 1);
  stream.leave();
  await move(id, 'CANCELADO');
  await untilRelayed();
  await eventLog.empty();
  const resumed = await subscribe(ana, watch, { after: open!.cursor });
  expect(await resumed.take(1)).toMatchObject([
    { id: open!.id, clearedAt: expect.any(String), recovered: 'PARTIAL' },
  ]);
});

test('who acknowledges is kept, and shown to those who may read the audit trail', async () => {
  const { overdue, data, ask, list } = await tWatched();
  await overdue();
  const [alert] = await list();
  const { id } = alert as { id: string };
  expect(codeOf(await ask(eva, acknowledge, { id }))).toBe('FORBIDDEN');
  expect(codeOf(await ask(ana, acknowledge, { id: '999' }))).toBe('NOT_FOUND');
  const { acknowledgeAlert } = await data(ana, acknowledge, { id });
  expect(acknowledgeAlert).toMatchObject({ acknowledgedBy: 'ana', acknowledgedAt: expect.any(String) });
  const one = '{ alerts { edges { node { acknowledgedBy } } } }';
  expect((await data(eva, one))['alerts']).toEqual({ edges: [{ node: { acknowledgedBy: null } }] });
  const { events } = await data(ana, '{ events(type: "alert.acknowledged") { actorId } }');
  expect(events).toEqual([{ actorId: 'ana' }]);
});

test('with a key it is acknowledged once, and answered as before', async () => {
  const { overdue, data, list } = await tWatched();
  await overdue();
  const [alert] = await list();
  const keyed = `mutation { acknowledgeAlert(id: ${String(alert!['id'])}, idempotencyKey: "once") { acknowledgedAt } }`;
  expect(await data(ana, keyed)).toEqual(await data(ana, keyed));
  const { events } = await data(ana, '{ events(type: "alert.acknowledged") { id } }');
  expect(events).toHaveLength(1);
});

test('other subgraphs refer to an alert by its id', async () => {
  const { overdue, data, list } = await tWatched();
  const despachoId = await overdue();
  const [alert] = await list();
  const representations = [
    { __typename: 'Alert', id: alert!['id'] },
    { __typename: 'Alert', id: '999' },
  ];
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on Alert { kind dispatch { id } } } }`;
  expect(await data(ana, query, { representations })).toEqual({
    _entities: [{ kind: 'OVERDUE', dispatch: { id: despachoId } }, null],
  });
});
