/** Where streams stand, for whoever asks what was dropped behind the last event. */
import { describe, expect, test } from '@jest/globals';
import { dispatcher, tDispatches } from '../support/dispatches.ts';
import { codeOf, viewer, type Data } from '../support/subgraph.ts';

const query = 'query ($streams: [StreamInput!]!) { streamPlaces(streams: $streams) { cursor position } }';

interface Place {
  readonly cursor: string;
  readonly position: string | null;
}

async function tStreams() {
  const subgraph = await tDispatches();
  const places = async (...streams: readonly object[]) =>
    (await subgraph.data(dispatcher, query, { streams }))['streamPlaces'] as Place[];
  const ask = (streams: readonly object[], who = dispatcher) => subgraph.ask(who, query, { streams });
  return { ...subgraph, places, refuse: ask };
}

const one = (id: string) => ({ field: 'dispatchUpdated', arguments: { id } });

test('a stream stands at the last event that it shows, by its own filter', async () => {
  const { create, move, assign, subscribe, places, untilRelayed } = await tStreams();
  const text = `subscription ($estado: DispatchStatus) { dispatchesUpdated(estado: $estado) { position dispatch { estado } } }`;
  const board = await subscribe(dispatcher, text);
  const moving = await subscribe(dispatcher, text, { estado: 'EN_CAMINO' });
  const [first, second] = [await create(), await create()];
  await assign(first);
  await move(first, 'EN_CAMINO');
  await assign(second, 'A2');
  await assign(second, 'A3');
  await untilRelayed();
  const takeLast = async (stream: typeof board, count: number) => {
    let last: Data | undefined;
    for (let taken = 0; taken < count; taken += 1) last = await stream.next();
    return last!['position'];
  };
  const [all, some, none] = await places(
    { field: 'dispatchesUpdated' },
    { field: 'dispatchesUpdated', arguments: { estado: 'EN_CAMINO' } },
    { field: 'dispatchesUpdated', arguments: { estado: 'COMPLETADO', prioridad: null } },
  );
  expect(some!.position).toBe(await takeLast(moving, 1));
  while (board.shown.length < 6) await board.next();
  expect(all!.position).toBe(board.shown.at(-1)!['position']);
  expect(none!.position! < some!.position! && some!.position! < all!.position!).toBe(true);
});

test('behind its cursor a stream shows what comes from then on', async () => {
  const { create, assign, places, subscribe, untilRelayed } = await tStreams();
  const id = await create();
  await assign(id, 'A1');
  await untilRelayed();
  const [place] = await places(one(id));
  await assign(id, 'A2');
  const text =
    'subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { position follows } }';
  const stream = await subscribe(dispatcher, text, { id, after: place!.cursor });
  const event = await stream.next();
  expect(event['follows']).toBe(place!.position);
  const [later] = await places(one(id));
  expect(later!.position).toBe(event['position']);
});

test('of what a viewer follows nobody knows where it stands', async () => {
  const { create, follow, places, untilRelayed } = await tStreams();
  await follow(dispatcher, await create());
  await untilRelayed();
  const [place] = await places({ field: 'followedDispatchUpdated' });
  expect(place).toEqual({ cursor: expect.any(String) as unknown, position: null });
});

describe('it is refused', () => {
  test.each([
    [{ field: 'toString' }, 'BAD_USER_INPUT'],
    [{ field: 'dispatchUpdated' }, 'BAD_USER_INPUT'],
    [{ field: 'dispatchUpdated', arguments: [] }, 'BAD_USER_INPUT'],
    [{ field: 'dispatchesUpdated', arguments: { estado: 'NOWHERE' } }, 'BAD_USER_INPUT'],
    [{ field: 'dispatchesUpdated', arguments: { after: 'x' } }, 'BAD_USER_INPUT'],
    [{ field: 'messageBroadcast', arguments: { channel: 'no channel' } }, 'BAD_USER_INPUT'],
    [one('999'), 'NOT_FOUND'],
    [{ field: 'messageBroadcast', arguments: { channel: 'user:eva:notes' } }, 'FORBIDDEN'],
  ])('%j with %s, in its place alone', async (stream, code) => {
    const { refuse } = await tStreams();
    const answer = await refuse([{ field: 'dispatchesUpdated' }, stream]);
    expect(codeOf(answer)).toBe(code);
    expect(answer.errors?.map(({ path }) => path)).toEqual([['streamPlaces', 1]]);
    expect(answer.data?.['streamPlaces']).toEqual([expect.objectContaining({}), null]);
  });

  test('to who may not have the stream', async () => {
    const { refuse } = await tStreams();
    const doctor = { ...viewer('doctor'), permissions: new Set<never>() };
    expect(codeOf(await refuse([{ field: 'dispatchesUpdated' }], doctor))).toBe('FORBIDDEN');
    expect(codeOf(await refuse([{ field: 'presenceChanged' }], viewer('doctor')))).toBe('FORBIDDEN');
  });

  test('where it is of more than 100 streams', async () => {
    const { refuse } = await tStreams();
    const streams = Array.from({ length: 101 }, () => ({ field: 'dispatchesUpdated' }));
    expect(codeOf(await refuse(streams))).toBe('BAD_USER_INPUT');
  });
});
