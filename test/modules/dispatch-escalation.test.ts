/** Assignments that nobody answers: each level is due once, at its time, on any number of processes. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { Escalator } from '../../src/modules/dispatch/assignments/escalator.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();
const secondMs = 1_000;
/** Of all priorities but the lowest. */
const answerMs = { BAJA: null, MEDIA: 60 * secondMs, ALTA: 30 * secondMs, CRITICA: 10 * secondMs };
const crew = { actorId: 'eva', ambulanciaId: 'A-1', isAnybody: false, assignmentId: null, key: null };

describe.each(databaseKinds)('an assignment on %s', (kind) => {
  let database: Database;
  let clock: ManualClock;
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    database = await databases.open(kind);
    clock = new ManualClock();
    repositories = tRepositories(database, { clock, answerMs });
  });

  /** As another process has one. */
  function createEscalator(): Escalator {
    const { messages } = repositories;
    const escalator = new Escalator({
      ...{ database, clock, log: createLogger('silent'), metrics: createMetrics() },
      book: repositories.assignmentBook,
      tell: (...message) => messages.write(...message),
    });
    databases.cleanUp(() => escalator.close());
    return escalator;
  }

  async function assigned(
    prioridad: 'BAJA' | 'ALTA' | 'CRITICA' = 'ALTA',
    ambulance = 'A-1',
  ): Promise<string> {
    const { dispatches } = repositories;
    const { id } = await dispatches.create({ ...request, prioridad }, 'ana');
    await dispatches.assign(id, { id: ambulance, placa: null }, byAna);
    return id;
  }

  const assignmentOf = async (id: string) => (await repositories.assignmentReader.newestOf([id])).get(id)!;
  const said = async (channel: string) =>
    (await repositories.messages.history(channel, 10)).map(({ message }) => message);
  const audited = async (type: string) => (await repositories.audit.list({ type }, 500)).length;

  /** Time passes until the assignment has been escalated. */
  const untilEscalated = (id: string) =>
    until(`the assignment of ${id} is escalated`, async () => {
      await clock.advance(100);
      return (await assignmentOf(id)).level === 1;
    });

  /** Everything that is due now. */
  async function escalate(escalator: Escalator): Promise<number> {
    let count = 0;
    while (await escalator.escalateNext()) count += 1;
    return count;
  }

  test('is escalated level by level, each when it is due and not before', async () => {
    const escalator = createEscalator();
    const id = await assigned();
    await clock.advance(30 * secondMs - 1);
    expect(await escalate(escalator)).toBe(0);
    expect(await assignmentOf(id)).toMatchObject({ answer: 'PENDING', level: 0 });
    await clock.advance(1);
    expect(await escalate(escalator)).toBe(1);
    const first = await assignmentOf(id);
    expect(first).toMatchObject({ answer: 'EXPIRED', level: 1, deadline: '2026-01-01T00:00:30.000Z' });
    expect(first.nextLevelAt).toBe('2026-01-01T00:01:00.000Z');
    expect(await said('user:ana:assignments')).toEqual([]);
    await clock.advance(30 * secondMs);
    expect(await escalate(escalator)).toBe(1);
    expect(await said('user:ana:assignments')).toEqual([`A-1 has not answered: despacho ${id}, ALTA.`]);
    expect(await said('role:dispatcher:assignments')).toEqual([]);
    await clock.advance(30 * secondMs);
    expect(await escalate(escalator)).toBe(1);
    expect(await said('role:dispatcher:assignments')).toHaveLength(1);
    expect(await assignmentOf(id)).toMatchObject({ answer: 'EXPIRED', level: 3, nextLevelAt: null });
    await clock.advance(86_400 * secondMs);
    expect(await escalate(escalator)).toBe(0);
    expect(await audited('assignment.escalated')).toBe(3);
    const history = (await repositories.dispatches.history([id], 10)).get(id)!;
    expect(history.map(({ changeType, dispatch: { version } }) => `${version} ${changeType}`)).toEqual([
      ...['5 UPDATED', '4 UPDATED', '3 UPDATED', '2 ASSIGNED', '1 CREATED'],
    ]);
  });

  test('of a priority without a time is not escalated', async () => {
    const escalator = createEscalator();
    const id = await assigned('BAJA');
    await clock.advance(86_400 * secondMs);
    expect(await escalate(escalator)).toBe(0);
    expect(await assignmentOf(id)).toMatchObject({ answer: 'PENDING', deadline: null, nextLevelAt: null });
  });

  test.each([
    ['is accepted', (id: string) => repositories.assignments.answer(answered(id, true))],
    ['is declined', (id: string) => repositories.assignments.answer(answered(id, false))],
    ['is left for', (id: string) => repositories.dispatches.updateStatus(id, 'EN_CAMINO', byAna)],
    ['is cancelled', (id: string) => repositories.dispatches.updateStatus(id, 'CANCELADO', byAna)],
  ])('that %s is not escalated', async (_how, end) => {
    const escalator = createEscalator();
    await end(await assigned());
    await clock.advance(86_400 * secondMs);
    expect(await escalate(escalator)).toBe(0);
  });
  const answered = (despachoId: string, accept: boolean) => ({ ...crew, despachoId, accept, reason: null });

  test('may still be answered after its deadline, and is then let alone', async () => {
    const escalator = createEscalator();
    const id = await assigned();
    await clock.advance(30 * secondMs);
    expect(await escalate(escalator)).toBe(1);
    await repositories.assignments.answer(answered(id, true));
    expect(await assignmentOf(id)).toMatchObject({ answer: 'ACCEPTED', level: 1, nextLevelAt: null });
    await clock.advance(86_400 * secondMs);
    expect(await escalate(escalator)).toBe(0);
  });

  test('that another ambulance has taken over begins anew', async () => {
    const escalator = createEscalator();
    const id = await assigned();
    await clock.advance(20 * secondMs);
    await repositories.dispatches.assign(id, { id: 'A-2', placa: null }, byAna);
    await clock.advance(29 * secondMs);
    expect(await escalate(escalator)).toBe(0);
    await clock.advance(secondMs);
    expect(await escalate(escalator)).toBe(1);
    expect(await assignmentOf(id)).toMatchObject({ ambulancia: { id: 'A-2' }, level: 1 });
  });

  test("that a process of the release before has given to another ambulance is that one's, and nobody is told", async () => {
    const escalator = createEscalator();
    const id = await assigned();
    await database.query
      .updateTable('dispatches')
      .set({ ambulancia_id: 'A-9' })
      .where('id', '=', Number(id))
      .execute();
    await clock.advance(30 * secondMs);
    expect(await escalate(escalator)).toBe(1);
    expect(await assignmentOf(id)).toMatchObject({ ambulancia: { id: 'A-9' }, answer: 'PENDING', level: 0 });
    expect(await repositories.assignmentReader.openOf('A-1')).toEqual([]);
    expect(await audited('assignment.escalated')).toBe(0);
  });

  test('is escalated once, however many processes are at it', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1) ids.push(await assigned('CRITICA', `A-${index}`));
    await clock.advance(10 * secondMs);
    const escalators = Array.from({ length: 4 }, createEscalator);
    const counts = await Promise.all(escalators.map(escalate));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ids.length);
    expect(await audited('assignment.escalated')).toBe(ids.length);
    const assignments = await repositories.assignmentReader.newestOf(ids);
    expect([...assignments.values()].map(({ level }) => level)).toEqual(ids.map(() => 1));
  });

  test('one that cannot be read keeps no other from being escalated', async () => {
    const escalator = createEscalator();
    const [strange, id] = [await assigned(), await assigned()];
    await database.query
      .updateTable('assignments')
      .set({ answer: 'LATER' })
      .where('despacho_id', '=', Number(strange))
      .execute();
    await clock.advance(30 * secondMs);
    escalator.start();
    await untilEscalated(id);
  });

  test('wakes whoever lives: at its deadline, and for what was due while nobody did', async () => {
    const late = await assigned('CRITICA');
    await clock.advance(15 * secondMs);
    const escalator = createEscalator();
    escalator.start();
    await untilEscalated(late);
    const id = await assigned('CRITICA', 'A-2');
    await untilEscalated(id);
    const { deadline } = await assignmentOf(id);
    const [escalated] = await repositories.audit.list({ type: 'assignment.escalated', despachoId: id }, 1);
    expect(escalated!.timestamp >= deadline!).toBe(true);
  });
});

test('nothing wakes for deadlines once it is closed', async () => {
  const database = await databases.open('SQLite in memory');
  const clock = new ManualClock();
  const book = new AssignmentBook(answerMs);
  const escalator = new Escalator({
    ...{ database, clock, book, log: createLogger('silent'), metrics: createMetrics() },
    tell: () => Promise.reject(new Error('Nobody is to be told.')),
  });
  escalator.start();
  await escalator.close();
  expect(clock.pending).toBe(0);
});
