/** What each event of a stream says of its place there: every one follows the one before it that the same stream shows. */
import { expect, test } from '@jest/globals';
import { estados, prioridades } from '../../src/lib/words/statuses.ts';
import { boardFilter, boardFiltersOf } from '../../src/modules/dispatch/events.ts';
import { dispatcher, tDispatches } from '../support/dispatches.ts';
import { viewer, type Data, type Stream } from '../support/subgraph.ts';
import { tUsers } from '../support/users.ts';

const service = viewer('system');
const place = 'cursor position follows';

/** Takes all that a stream shows, up to the dispatch with this id and status. */
async function takeUntil(stream: Stream, isLast: (update: Data) => boolean): Promise<Data[]> {
  const shown: Data[] = [];
  do shown.push(await stream.next());
  while (!isLast(shown.at(-1)!));
  return shown;
}

/** What an event of a stream without a gap follows: null for its first one, of which that is not looked at. */
const chainOf = (shown: readonly Data[]) => shown.map((_update, index) => shown[index - 1]?.position ?? null);
const followsOf = (shown: readonly Data[]) =>
  shown.map(({ follows }, index) => (index === 0 ? null : follows));

test('on a board each event follows the one before it that passes the same filter', async () => {
  const { create, assign, move, follow, subscribe } = await tDispatches();
  const query = `subscription ($estado: DispatchStatus, $prioridad: Prioridad) {
    dispatchesUpdated(estado: $estado, prioridad: $prioridad) { ${place} dispatch { id estado } } }`;
  const filters = [undefined, ...estados].flatMap((estado) =>
    [undefined, ...prioridades].map((prioridad) => ({ estado, prioridad })),
  );
  const boards = await Promise.all(
    filters.map(async (variables) => ({ variables, stream: await subscribe(dispatcher, query, variables) })),
  );
  const ids: string[] = [];
  for (const prioridad of [...prioridades, ...prioridades]) {
    ids.push(await create({ prioridad }));
    await assign(ids.at(-1)!, `A${ids.length}`);
    await follow(dispatcher, ids[0]!);
  }
  for (const estado of ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'])
    for (const id of ids) await move(id, estado);
  const all = boards[0]!.stream;
  const isLast = ({ dispatch }: Data) => {
    const { id, estado } = dispatch as { id: string; estado: string };
    return id === ids.at(-1) && estado === 'COMPLETADO';
  };
  const shown = await takeUntil(all, isLast);
  expect(shown.length).toBeGreaterThan(5 * ids.length);
  expect(followsOf(shown)).toEqual(chainOf(shown));
  for (const { variables, stream } of boards.slice(1)) {
    const some = stream.shown;
    expect([variables, followsOf(some)]).toEqual([variables, chainOf(some)]);
  }
  const filtered = boards.filter(({ variables }) => variables.estado && variables.prioridad);
  expect(filtered.some(({ stream }) => stream.shown.length > 2)).toBe(true);
});

test('the stream of one dispatch begins with the position behind which it goes on', async () => {
  const { create, assign, move, subscribe } = await tDispatches();
  const id = await create();
  const query = `subscription ($id: ID!, $after: Cursor) {
    dispatchUpdated(id: $id, after: $after) { ${place} dispatch { estado } } }`;
  const stream = await subscribe(dispatcher, query, { id });
  await assign(id);
  await move(id, 'EN_CAMINO');
  const isLast = ({ dispatch }: Data) => (dispatch as { estado: string }).estado === 'EN_CAMINO';
  const shown = await takeUntil(stream, isLast);
  expect([shown[0]!.follows, followsOf(shown)]).toEqual([null, chainOf(shown)]);
  const again = await subscribe(dispatcher, query, { id, after: shown[0]!.cursor });
  expect(await takeUntil(again, isLast)).toEqual(shown.slice(1));
});

test('where nobody can know before what a stream shows, nothing is said to follow', async () => {
  const { create, assign, data, follow, subscribe } = await tDispatches();
  const id = await create();
  await follow(dispatcher, id);
  const mine = await subscribe(dispatcher, `subscription { followedDispatchUpdated { ${place} } }`);
  const where = `subscription ($id: ID!) { locationUpdated(despachoId: $id) { ${place} } }`;
  const positions = await subscribe(dispatcher, where, { id });
  await assign(id);
  const report =
    'mutation ($id: ID!) { reportLocation(despachoId: $id, input: {latitud: 1, longitud: 2}) { latitud } }';
  await data(service, report, { id });
  for (const stream of [mine, positions]) {
    const shown = await stream.take(2);
    expect(shown.map(({ follows }) => follows)).toEqual([null, null]);
    expect(shown[1]!.position! > shown[0]!.position!).toBe(true);
  }
});

test('messages and users say it too, and what is shown outside a stream has no place', async () => {
  const { connect, leave, data, subscribe, choose } = await tUsers();
  const send = (message: string) =>
    data(
      service,
      `mutation ($message: String!) { broadcastMessage(channel: "general", message: $message) { ${place} recovered } }`,
      { message },
    );
  const streams = await Promise.all(
    ['messageBroadcast(channel: "general")', 'presenceChanged', 'userStatusChanged(userId: "bob")'].map(
      (field) => subscribe(dispatcher, `subscription { ${field} { ${place} } }`),
    ),
  );
  const none = { cursor: null, position: null, follows: null, recovered: null };
  for (const message of ['one', 'two', 'three']) expect((await send(message)).broadcastMessage).toEqual(none);
  await connect('bob');
  await choose(viewer('doctor', { id: 'bob' }), 'BUSY');
  await leave('bob');
  for (const stream of streams) {
    const shown = await stream.take(3);
    expect(followsOf(shown)).toEqual(chainOf(shown));
    // The first one follows the beginning of the log.
    expect(shown[0]!.follows! < shown[0]!.position!).toBe(true);
  }
  const history = `{ channelHistory(channel: "general") { ${place} recovered } }`;
  expect((await data(service, history)).channelHistory).toEqual([none, none, none]);
});

test('a log that was lost goes on with larger positions, and its first event follows its beginning', async () => {
  const { create, assign, subscribe, eventLog, clock, untilRelayed } = await tDispatches();
  const id = await create();
  const stream = await subscribe(
    dispatcher,
    `subscription ($id: ID!) { dispatchUpdated(id: $id) { ${place} recovered } }`,
    { id },
  );
  for (const ambulance of ['A1', 'A2', 'A3']) await assign(id, ambulance);
  const before = (await stream.take(4)).at(-1)!;
  await untilRelayed();
  await clock.advance(1);
  await eventLog.empty();
  const [snapshot] = await stream.take(1);
  expect(snapshot).toMatchObject({ recovered: 'PARTIAL', follows: null });
  expect(snapshot!.position! > before.position!).toBe(true);
  await assign(id, 'A4');
  const next = await stream.next();
  expect(next.follows).toBe(snapshot!.position);
});

test('an event of the board that cannot be read is one of which nobody knows what it passes', () => {
  const dispatch = { estado: 'ASIGNADO', prioridad: 'ALTA' };
  const event = { changeType: 'ASSIGNED', previousEstado: 'PENDIENTE', dispatch };
  expect(boardFiltersOf(event)).toEqual([
    '*/*',
    '*/ALTA',
    'PENDIENTE/*',
    'PENDIENTE/ALTA',
    'ASIGNADO/*',
    'ASIGNADO/ALTA',
  ]);
  expect(boardFiltersOf({ ...event, changeType: 'FOLLOWED' })).toEqual([]);
  expect(boardFiltersOf({ ...event, previousEstado: null })).toHaveLength(4);
  expect(boardFilter('ASIGNADO', 'ALTA')).toBe('ASIGNADO/ALTA');
  const unreadable = [
    ...[null, 'text', {}, { ...event, changeType: 'MERGED' }, { ...event, dispatch: undefined }],
    ...[
      { ...event, previousEstado: 'LOST' },
      { ...event, dispatch: { ...dispatch, prioridad: 'a b' } },
    ],
  ];
  expect(unreadable.map(boardFiltersOf)).toEqual(unreadable.map(() => undefined));
});
