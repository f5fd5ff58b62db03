/** Assignments as crews and dispatchers meet them: offered, seen, answered, and handed back. */
import { expect, test } from '@jest/globals';
import { Escalator } from '../../src/modules/dispatch/assignments/escalator.ts';
import { assignedBy, tDispatches } from '../support/dispatches.ts';
import { ofOurOwnRecord, setUp } from '../support/set-up.ts';
import { codeOf, viewer, type Data } from '../support/subgraph.ts';

const ana = viewer('dispatcher', { id: 'ana' });
const eva = viewer('paramedic', { id: 'eva', ambulanciaId: 'A1' });
const iker = viewer('paramedic', { id: 'iker', ambulanciaId: 'A2' });
const besideMsDespacho = setUp() === 'MS Despacho' ? test : (test.skip as typeof test);
const ofOwn = ofOurOwnRecord('MS Despacho calls its ambulances by numbers, and frees none that has declined');

const fields = `id estado version ambulancia { id }
  assignment { id ambulancia { id } assignedBy answer answeredBy reason level deadline seenAt endedAt delivery }`;
const answer = `mutation ($id: ID!, $one: ID, $accept: Boolean!, $reason: String, $key: String) {
  answerAssignment(id: $id, assignmentId: $one, accept: $accept, reason: $reason, idempotencyKey: $key) { ${fields} } }`;
const see = `mutation ($id: ID!) { seeAssignment(id: $id) { ${fields} } }`;
const offers = `subscription ($after: Cursor) { assignmentOffered(after: $after) {
  cursor change follows position recovered assignment { id answer endedAt } dispatch { id estado } } }`;

async function tAssigned() {
  const subgraph = await tDispatches({ answerMs: { BAJA: null, MEDIA: 60_000, ALTA: null, CRITICA: null } });
  const { create, assign, data, ask } = subgraph;
  const id = await create();
  await assign(id);
  const read = async (as = ana) =>
    (await data(as, `query ($id: ID!) { dispatch(id: $id) { ${fields} } }`, { id }))['dispatch'] as Data & {
      readonly assignment: Data;
    };
  const first = await read();
  return {
    ...{ ...subgraph, id, read, first },
    answer: (who: typeof ana, accept: boolean, more: object = {}) =>
      ask(who, answer, { id, accept, ...more }),
  };
}

ofOwn('an ambulance that is assigned is asked for an answer, and its crew accepts', async () => {
  const { first, read, answer, clock } = await tAssigned();
  expect(first.assignment).toEqual({
    ...{ id: '1', ambulancia: { id: 'A1' }, assignedBy: 'ana', answer: 'PENDING', answeredBy: null },
    ...{ reason: null, level: 0, seenAt: null, endedAt: null, delivery: 'NOT_YET' },
    deadline: '2026-01-01T00:01:00.000Z',
  });
  await clock.advance(5_000);
  expect(await answer(eva, true)).not.toHaveProperty('errors');
  expect(await read()).toMatchObject({
    ...{ estado: 'ASIGNADO', version: 3 },
    assignment: { answer: 'ACCEPTED', answeredBy: 'eva', endedAt: null },
  });
  // Who said so is for those who may read the audit trail.
  expect((await read(eva)).assignment).toMatchObject({ assignedBy: null, answeredBy: null });
});

ofOwn('the same answer again changes nothing, and one with a key is given once', async () => {
  const { read, answer } = await tAssigned();
  await answer(eva, true, { key: 'once' });
  await answer(eva, true, { key: 'once' });
  await answer(eva, true);
  expect((await read()).version).toBe(3);
});

ofOwn('who declines hands the dispatch back, which waits for another ambulance', async () => {
  const { id, read, answer, subscribe, data, assign } = await tAssigned();
  const board = await subscribe(
    ana,
    'subscription { dispatchesUpdated { changeType previousEstado dispatch { estado ambulancia { id } assignment { answer reason } } } }',
  );
  expect(await answer(eva, false, { reason: 'A flat tyre' })).not.toHaveProperty('errors');
  let shown = await board.next();
  // What was committed before may be relayed only now.
  while (shown['changeType'] !== 'STATUS_CHANGED') shown = await board.next();
  expect(shown).toEqual({
    ...{ changeType: 'STATUS_CHANGED', previousEstado: 'ASIGNADO' },
    dispatch: {
      ...{ estado: 'PENDIENTE', ambulancia: null },
      assignment: { answer: 'DECLINED', reason: 'A flat tyre' },
    },
  });
  expect((await read()).assignment['endedAt']).not.toBeNull();
  // To send the answer again, because its answer was lost, is no mistake.
  expect(await answer(eva, false)).not.toHaveProperty('errors');
  expect(codeOf(await answer(eva, true))).toBe('CONFLICT');
  await assign(id);
  expect((await read()).assignment).toMatchObject({ id: '2', answer: 'PENDING', reason: null });
  const { events } = await data(ana, '{ events(type: "assignment.answered") { actorId data } }');
  expect(events).toMatchObject([{ actorId: 'eva', data: { inStead: false } }]);
});

ofOwn('an answer to an assignment of before is refused, also where the same ambulance is back', async () => {
  const { id, read, answer, assign } = await tAssigned();
  await assign(id, 'A2');
  await assign(id, 'A1');
  const refused = await answer(eva, true, { one: '1' });
  expect(refused.errors![0]!.extensions).toMatchObject({ code: 'CONFLICT', assignmentId: '3' });
  expect(await answer(eva, true, { one: '3' })).not.toHaveProperty('errors');
  expect((await read()).assignment).toMatchObject({ id: '3', answer: 'ACCEPTED' });
});

ofOwn('one crew does not answer for another; a dispatcher does, and the audit trail says so', async () => {
  const { answer, data, read } = await tAssigned();
  expect(codeOf(await answer(iker, true))).toBe('FORBIDDEN');
  expect(codeOf(await answer(viewer('paramedic', { id: 'nobody' }), true))).toBe('FORBIDDEN');
  expect(codeOf(await answer(viewer('doctor'), true))).toBe('FORBIDDEN');
  expect(await answer(ana, true)).not.toHaveProperty('errors');
  expect((await read()).assignment).toMatchObject({ answer: 'ACCEPTED', answeredBy: 'ana' });
  const { events } = await data(ana, '{ events(type: "assignment.answered") { actorId data } }');
  expect(events).toMatchObject([{ actorId: 'ana', data: { inStead: true } }]);
});

ofOwn(
  'what became ASIGNADO by its status alone has no ambulance and no assignment, until one is named',
  async () => {
    const { create, assign, move, data } = await tAssigned();
    const id = await create();
    await move(id, 'ASIGNADO');
    const read = async () =>
      (await data(ana, `query ($id: ID!) { dispatch(id: $id) { ${fields} } }`, { id }))['dispatch'];
    expect(await read()).toMatchObject({ estado: 'ASIGNADO', ambulancia: null, assignment: null });
    await assign(id, 'A2');
    expect(await read()).toMatchObject({
      ...{ estado: 'ASIGNADO', ambulancia: { id: 'A2' } },
      assignment: { ambulancia: { id: 'A2' }, answer: 'PENDING' },
    });
  },
);

ofOwn('what was never assigned cannot be answered, nor what does not exist', async () => {
  const { create, ask } = await tAssigned();
  const id = await create();
  expect(codeOf(await ask(ana, answer, { id, accept: true }))).toBe('CONFLICT');
  expect(codeOf(await ask(ana, answer, { id: '999', accept: true }))).toBe('NOT_FOUND');
  expect(codeOf(await ask(ana, answer, { id, accept: true, reason: 'x'.repeat(501) }))).toBe(
    'BAD_USER_INPUT',
  );
});

ofOwn('a crew that leaves has accepted, and declines no more', async () => {
  const { id, read, answer, move, ask } = await tAssigned();
  await ask(eva, 'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: EN_CAMINO) { id } }', { id });
  expect((await read()).assignment).toMatchObject({ answer: 'ACCEPTED', answeredBy: 'eva', endedAt: null });
  const late = await answer(eva, false);
  expect(late.errors![0]!.extensions).toMatchObject({
    ...{ code: 'INVALID_TRANSITION', allowed: ['EN_SITIO', 'CANCELADO'] },
  });
  await move(id, 'CANCELADO');
  expect((await read()).assignment['endedAt']).not.toBeNull();
});

ofOwn('what is on the screen is said once', async () => {
  const { id, ask, read } = await tAssigned();
  await ask(eva, see, { id });
  const { seenAt } = (await read()).assignment;
  expect(seenAt).not.toBeNull();
  await ask(eva, see, { id });
  expect(await read()).toMatchObject({ version: 3, assignment: { seenAt } });
  expect(codeOf(await ask(iker, see, { id }))).toBe('FORBIDDEN');
});

ofOwn('a crew is shown what it has to do, and everything that becomes of it', async () => {
  const { id, subscribe, answer, assign, create } = await tAssigned();
  const stream = await subscribe(eva, offers);
  const [snapshot] = await stream.take(1);
  expect(snapshot).toMatchObject({
    ...{ change: 'SNAPSHOT', follows: null, recovered: null },
    ...{ assignment: { id: '1', answer: 'PENDING' }, dispatch: { id, estado: 'ASIGNADO' } },
  });
  await answer(eva, true);
  await assign(id, 'A2');
  const other = await create();
  await assign(other);
  const shown = await stream.take(3);
  expect(shown).toMatchObject([
    { change: 'ANSWERED', assignment: { id: '1', answer: 'ACCEPTED', endedAt: null } },
    { change: 'ENDED', assignment: { id: '1' }, dispatch: { id } },
    { change: 'OFFERED', assignment: { id: '3' }, dispatch: { id: other } },
  ]);
  const [first, second, third] = shown as { position: string; follows: string; cursor: string }[];
  expect([second!.follows, third!.follows]).toEqual([first!.position, second!.position]);
  stream.leave();
  const resumed = await subscribe(eva, offers, { after: first!.cursor });
  expect(await resumed.take(2)).toEqual(shown.slice(1));
});

ofOwn(
  'a crew that comes back to a lost log is told what has ended, also where it has nothing more to do',
  async () => {
    const { id, subscribe, move, create, assign, eventLog, untilRelayed } = await tAssigned();
    const stream = await subscribe(eva, offers);
    const [{ cursor }] = (await stream.take(1)) as [Data];
    stream.leave();
    await move(id, 'CANCELADO');
    await untilRelayed();
    await eventLog.empty();
    const ended = {
      ...{ change: 'ENDED', recovered: 'PARTIAL', follows: null },
      ...{ assignment: { id: '1', endedAt: expect.any(String) }, dispatch: { id, estado: 'CANCELADO' } },
    };
    const back = await subscribe(eva, offers, { after: cursor });
    expect(await back.take(1)).toMatchObject([ended]);
    await assign(await create());
    expect(await back.take(1)).toMatchObject([
      { change: 'OFFERED', recovered: null, assignment: { id: '2' } },
    ]);
    const all = await subscribe(eva, offers, { after: cursor });
    expect(await all.take(2)).toMatchObject([ended, { change: 'SNAPSHOT', recovered: 'PARTIAL' }]);
    const newcomer = await subscribe(eva, offers);
    expect(await newcomer.take(1)).toMatchObject([
      { change: 'SNAPSHOT', recovered: null, assignment: { id: '2' } },
    ]);
  },
);

ofOwn(
  'of what others have to do a crew is shown nothing, and who rides with none has no stream',
  async () => {
    const { id, subscribe, assign } = await tAssigned();
    const stream = await subscribe(iker, offers);
    expect(stream.shown).toEqual([]);
    await assign(id, 'A2');
    expect(await stream.next()).toMatchObject({ change: 'OFFERED', assignment: { id: '2' } });
    await expect(subscribe(ana, offers)).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  },
);

ofOwn(
  'the cursor of an event proves what lies before it, and one of where the stream stands nothing',
  async () => {
    const { subscribe, read, create, assign, data, untilRelayed, clock } = await tAssigned();
    const stream = await subscribe(eva, offers);
    await stream.take(1);
    await clock.advance(1_000);
    await assign(await create());
    const { cursor } = (await stream.next()) as { cursor: string };
    stream.leave();
    await untilRelayed();
    await clock.advance(1_000);
    const { streamPlaces } = await data(
      eva,
      '{ streamPlaces(streams: [{ field: "assignmentOffered" }]) { cursor } }',
    );
    const [place] = streamPlaces as { cursor: string }[];
    await subscribe(eva, offers, { after: place!.cursor });
    expect((await read()).assignment).toMatchObject({ delivery: 'NOT_YET' });
    await subscribe(eva, offers, { after: cursor });
    expect((await read()).assignment).toMatchObject({ delivery: 'DELIVERED' });
  },
);

ofOwn('the cursor of a snapshot proves what that has shown, and one that was made up nothing', async () => {
  const { subscribe, read, untilRelayed, first } = await tAssigned();
  await untilRelayed();
  const stream = await subscribe(eva, offers);
  const { cursor } = (await stream.next()) as { cursor: string };
  expect((await read()).assignment).toMatchObject({ delivery: 'NOT_YET' });
  stream.leave();
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const forged = Buffer.from(text.slice(0, -4).concat('AAAA'), 'latin1').toString('base64url');
  await subscribe(eva, offers, { after: forged });
  expect((await read()).assignment).toMatchObject({ delivery: 'NOT_YET' });
  await subscribe(eva, offers, { after: cursor });
  expect((await read()).assignment).toMatchObject({ id: first.assignment['id'], delivery: 'DELIVERED' });
});

besideMsDespacho(
  'a crew that declines changes no status, and whoever has assigned is told at once',
  async () => {
    const { first, answer, read, assignmentBook: book, messages, ...subgraph } = await tAssigned();
    const ambulanciaId = (first['ambulancia'] as { readonly id: string }).id;
    const crew = viewer('paramedic', { id: 'eva', ambulanciaId });
    expect(first.assignment).toMatchObject({ answer: 'PENDING', ambulancia: { id: ambulanciaId } });
    expect(await answer(crew, false, { reason: 'No fuel' })).not.toHaveProperty('errors');
    const declined = { answer: 'DECLINED', reason: 'No fuel', endedAt: null };
    expect(await read()).toMatchObject({ estado: 'ASIGNADO', assignment: declined });
    const escalator = new Escalator({
      ...subgraph,
      book,
      tell: (change, some) => messages.write(change, some),
    });
    expect(await escalator.escalateNext()).toBe(1);
    expect((await read()).assignment).toMatchObject({ ...declined, level: 2 });
    const told = await messages.history(`user:${assignedBy()}:assignments`, 10);
    expect(told.map(({ message }) => message)).toEqual([
      `${ambulanciaId} has declined: despacho ${first['id']}, MEDIA. No fuel`,
    ]);
  },
);
