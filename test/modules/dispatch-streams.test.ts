/** What clients are promised of the subscriptions of dispatches: to one, to the board, and to what a viewer follows. */
import { describe, expect, test } from '@jest/globals';
import { InvalidCursorError } from '../../src/realtime/cursors/cursor.ts';
import { assignedBy, dispatcher, firstEstado, tDispatches } from '../support/dispatches.ts';
import { viewer, type Data } from '../support/subgraph.ts';

/** An update in short: id, kind of change, and status or version. */
function brief(update: Data): string {
  const { changeType, dispatch } = update as {
    changeType: string;
    dispatch: { id: string; estado?: string; version: number };
  };
  return `${dispatch.id} ${changeType} ${dispatch.estado ?? dispatch.version}`;
}

describe('the stream of one dispatch', () => {
  const watch = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) {
    cursor changeType previousEstado actorId dispatch { version estado } } }`;

  test('begins with the current state and goes on with every change', async () => {
    const { create, assign, move, subscribe } = await tDispatches();
    const id = await create();
    const stream = await subscribe(viewer('system'), watch, { id });
    expect(await stream.next()).toMatchObject({
      changeType: 'SNAPSHOT',
      previousEstado: null,
      actorId: null,
      dispatch: { version: 1 },
    });
    await assign(id);
    await move(id, 'EN_CAMINO');
    expect(await stream.take(2)).toMatchObject([
      {
        changeType: 'ASSIGNED',
        previousEstado: firstEstado(),
        actorId: assignedBy(),
        dispatch: { version: 2 },
      },
      { changeType: 'STATUS_CHANGED', dispatch: { version: 3, estado: 'EN_CAMINO' } },
    ]);
  });

  test('goes on after a cursor with what was missed, without a snapshot', async () => {
    const { create, assign, move, subscribe } = await tDispatches();
    const id = await create();
    const first = await subscribe(dispatcher, watch, { id });
    const { cursor } = await first.next();
    first.leave();
    await assign(id);
    await move(id, 'EN_CAMINO');
    const second = await subscribe(dispatcher, watch, { id, after: cursor });
    expect((await second.take(2)).map(({ changeType }) => changeType)).toEqual([
      'ASSIGNED',
      'STATUS_CHANGED',
    ]);
  });

  test('begins with a snapshot where the log no longer reaches back', async () => {
    const { create, assign, subscribe, clock, untilRelayed } = await tDispatches({ maxEvents: 2 });
    const id = await create();
    const first = await subscribe(dispatcher, watch, { id });
    const { cursor } = await first.next();
    first.leave();
    // The topic is left, and the events that were kept for a client who comes right back are forgotten.
    await clock.advance(0);
    for (const ambulance of ['A1', 'A2', 'A3', 'A4']) await assign(id, ambulance);
    await untilRelayed();
    const second = await subscribe(dispatcher, watch, { id, after: cursor });
    expect(await second.next()).toMatchObject({ changeType: 'SNAPSHOT', dispatch: { version: 5 } });
  });

  test('does not begin for a dispatch that does not exist, nor with a cursor of another stream', async () => {
    const { create, subscribe } = await tDispatches();
    const [one, two] = [await create(), await create()];
    const { cursor } = await (await subscribe(dispatcher, watch, { id: one })).next();
    const code = async (variables: object) =>
      subscribe(dispatcher, watch, { ...variables }).catch(
        (error: { extensions: object }) => error.extensions,
      );
    expect(await code({ id: '999' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await code({ id: '999', after: cursor })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await code({ id: 'x y' })).toMatchObject({ code: 'NOT_FOUND' });
    for (const after of [cursor, 'nonsense'])
      await expect(subscribe(dispatcher, watch, { id: two, after })).rejects.toThrow(InvalidCursorError);
  });
});

describe('the board', () => {
  const watch = `subscription ($estado: DispatchStatus, $prioridad: Prioridad, $after: Cursor) {
    dispatchesUpdated(estado: $estado, prioridad: $prioridad, after: $after) {
      cursor changeType dispatch { id estado version } } }`;

  test('misses nothing between the list and the stream', async () => {
    const { create, assign, data, subscribe, untilRelayed } = await tDispatches();
    await create();
    await untilRelayed();
    const { dispatchesCursor } = await data(
      dispatcher,
      'query { ...Board despachos { id } } fragment Board on Query { dispatchesCursor }',
    );
    await create();
    await assign('1');
    const stream = await subscribe(dispatcher, watch, { after: dispatchesCursor });
    expect((await stream.take(2)).map(brief)).toEqual([`2 CREATED ${firstEstado()}`, '1 ASSIGNED ASIGNADO']);
  });

  test('shows nothing but changes: no snapshot, no follow list', async () => {
    const { create, follow, subscribe, untilRelayed } = await tDispatches();
    const id = await create();
    await untilRelayed();
    const stream = await subscribe(dispatcher, watch);
    await follow(dispatcher, id);
    await create();
    expect(brief(await stream.next())).toBe(`2 CREATED ${firstEstado()}`);
  });

  test('with a filter shows what enters it, changes in it, and leaves it', async () => {
    const { create, assign, move, subscribe } = await tDispatches();
    const stream = await subscribe(dispatcher, watch, { estado: 'ASIGNADO', prioridad: 'ALTA' });
    const urgent = await create({ prioridad: 'ALTA' });
    const other = await create({ prioridad: 'BAJA' });
    for (const id of [urgent, other]) {
      await assign(id);
      await move(id, 'EN_CAMINO');
      await move(id, 'EN_SITIO');
    }
    const last = await create({ prioridad: 'ALTA' });
    await assign(last);
    // Where a dispatch begins as ASIGNADO, it begins within the filter.
    const created = (id: string) => (firstEstado() === 'ASIGNADO' ? [`${id} CREATED ASIGNADO`] : []);
    const expected = [
      ...[...created(urgent), `${urgent} ASSIGNED ASIGNADO`, `${urgent} STATUS_CHANGED EN_CAMINO`],
      ...[...created(last), `${last} ASSIGNED ASIGNADO`],
    ];
    expect((await stream.take(expected.length)).map(brief)).toEqual(expected);
  });

  test('catches up with what was changed since, where the log no longer reaches back', async () => {
    const { create, assign, move, data, subscribe, clock, untilRelayed } = await tDispatches({
      maxEvents: 3,
    });
    await create({ prioridad: 'ALTA' });
    await clock.advance(60_000);
    const { dispatchesCursor } = await data(dispatcher, '{ dispatchesCursor }');
    await clock.advance(60_000);
    await create({ prioridad: 'ALTA' });
    await create({ prioridad: 'BAJA' });
    await create({ prioridad: 'ALTA' });
    await assign('4');
    await move('4', 'EN_CAMINO');
    await untilRelayed();
    const stream = await subscribe(dispatcher, watch, {
      estado: 'ASIGNADO',
      prioridad: 'ALTA',
      after: dispatchesCursor,
    });
    await assign('2');
    expect((await stream.take(3)).map(brief)).toEqual([
      `2 SNAPSHOT ${firstEstado()}`,
      '4 SNAPSHOT EN_CAMINO',
      '2 ASSIGNED ASIGNADO',
    ]);
  });
});

describe('what a viewer follows', () => {
  const watch = `subscription ($after: Cursor) { followedDispatchUpdated(after: $after) {
    cursor changeType dispatch { id version } } }`;
  const bob = viewer('hospital', { id: 'bob' });

  test('begins with a snapshot of each, adds what is followed later, and leaves out what is no longer', async () => {
    const { create, assign, follow, unfollow, subscribe } = await tDispatches();
    const [one, two, three] = [await create(), await create(), await create()];
    await follow(bob, two);
    await follow(bob, one);
    const stream = await subscribe(bob, watch);
    expect((await stream.take(2)).map(brief)).toEqual(['2 SNAPSHOT 1', '1 SNAPSHOT 1']);

    await assign(three);
    await assign(one);
    expect(brief(await stream.next())).toBe('1 ASSIGNED 2');

    await follow(bob, three);
    await assign(three, 'A2');
    expect((await stream.take(2)).map(brief)).toEqual(['3 SNAPSHOT 2', '3 ASSIGNED 3']);

    await unfollow(bob, one);
    await assign(one, 'A2');
    await assign(two);
    expect(brief(await stream.next())).toBe('2 ASSIGNED 2');
  });

  test('is the viewer’s own', async () => {
    const { create, assign, follow, subscribe } = await tDispatches();
    const [one, two] = [await create(), await create()];
    const stream = await subscribe(bob, watch);
    await follow(dispatcher, one);
    await assign(one);
    await follow(bob, two);
    expect(brief(await stream.next())).toBe('2 SNAPSHOT 1');
  });

  // Right back: the group is still there and has observed the changes of the list. Later: the list is read after them.
  test.each(['right back', 'back later'])(
    'goes on after a cursor for a viewer who comes %s, also with what they followed meanwhile',
    async (when) => {
      const { create, assign, follow, subscribe, clock, untilRelayed } = await tDispatches();
      const [one, two] = [await create(), await create()];
      await follow(bob, one);
      await untilRelayed();
      const first = await subscribe(bob, watch);
      const { cursor } = await first.next();
      first.leave();
      if (when === 'back later') await clock.advance(0);
      await assign(two);
      await assign(one);
      await follow(bob, two);
      await assign(two, 'A2');
      await untilRelayed();
      const second = await subscribe(bob, watch, { after: cursor });
      await assign(one, 'A2');
      // Not how two changed before it was followed.
      const expected = ['1 ASSIGNED 2', '2 SNAPSHOT 2', '2 ASSIGNED 3', '1 ASSIGNED 3'];
      expect((await second.take(expected.length)).map(brief)).toEqual(expected);
    },
  );

  // The group of a viewer who left is kept for a while, with a list whose changes have offsets of the log that is lost.
  test.each(['all of the log is lost', 'the log is lost, and the list was changed meanwhile'])(
    'goes on after a cursor of another process when %s',
    async (what) => {
      const { create, assign, follow, data, subscribe, eventLog, untilRelayed } = await tDispatches();
      const [one, two] = [await create(), await create()];
      const first = await subscribe(bob, watch);
      await follow(bob, one);
      expect(brief(await first.next())).toBe('1 SNAPSHOT 1');
      first.leave();
      await untilRelayed();
      await eventLog.empty();
      if (what.includes('changed')) {
        await follow(bob, two);
        await untilRelayed();
        await eventLog.empty();
      }
      // Where another process stands, that has shown this viewer all there is.
      const { dispatchesCursor } = await data(bob, '{ dispatchesCursor }');
      const second = await subscribe(bob, watch, { after: dispatchesCursor });
      await assign(one);
      expect(brief(await second.next())).toBe('1 ASSIGNED 2');
      if (!what.includes('changed')) return;
      await assign(two);
      expect(brief(await second.next())).toBe('2 ASSIGNED 2');
    },
  );

  test('what they no longer follow stays silent where a log that was lost gets events once more', async () => {
    const { create, assign, follow, unfollow, subscribe, eventLog, database, untilRelayed } =
      await tDispatches();
    const [one, two] = [await create(), await create()];
    const stream = await subscribe(bob, watch);
    await follow(bob, one);
    await assign(one);
    expect((await stream.take(2)).map(brief)).toEqual(['1 SNAPSHOT 1', '1 ASSIGNED 2']);
    await unfollow(bob, one);
    await untilRelayed();
    // They were appended, and nobody could mark them.
    await database.query.updateTable('events').set({ relayed_at: null }).execute();
    await eventLog.empty();
    await follow(bob, two);
    expect(brief(await stream.next())).toBe('2 SNAPSHOT 1');
    await untilRelayed();
    const again = await subscribe(bob, watch);
    expect(brief(await again.next())).toBe('2 SNAPSHOT 1');
    await assign(two);
    for (const each of [stream, again]) expect(brief(await each.next())).toBe('2 ASSIGNED 2');
  });
});
