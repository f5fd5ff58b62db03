/** Assignments that nobody answers: each level is due once, at its time, on any number of processes. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { Escalator, type EscalatorOptions } from '../../src/modules/dispatch/assignments/escalator.ts';
import { storedDate } from '../../src/db/stored-date.ts';
import { lockDue, maxTaken } from '../../src/modules/dispatch/assignments/due-assignments.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { noLimits } from '../../src/modules/alert/limits.ts';
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
    const limits = { ...noLimits, answersExpected: true };
    repositories = tRepositories(database, { clock, answerMs, limits });
  });

  /** As another process has one. */
  function createEscalator(options: Partial<EscalatorOptions> = {}): Escalator {
    const { messages } = repositories;
    const escalator = new Escalator({
      ...{ database, clock, log: createLogger('silent'), metrics: createMetrics() },
      book: repositories.assignmentBook,
      tell: (change, some) => messages.write(change, some),
      ...options,
    });
    databases.cleanUp(() => escalator.close());
    return escalator;
  }

  /** To as many ambulances. */
  const allAssigned = async (count: number) => {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push(await assigned('CRITICA', `A-${index}`));
    return ids;
  };
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
    for (let some = -1; some !== 0; count += some) some = await escalator.escalateNext();
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
    const ids = await allAssigned(20);
    await clock.advance(10 * secondMs);
    const escalators = Array.from({ length: 4 }, () => createEscalator());
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

  test('of many that are due together each has its level, its entry, its event, its alert and its message', async () => {
    const escalator = createEscalator();
    const ids = await allAssigned(maxTaken + 10);
    await clock.advance(10 * secondMs);
    expect(await escalator.escalateNext()).toBe(maxTaken);
    expect(await escalate(escalator)).toBe(10);
    await clock.advance(10 * secondMs);
    expect(await escalate(escalator)).toBe(ids.length);
    expect(await audited('assignment.escalated')).toBe(2 * ids.length);
    expect(await audited('alert.raised')).toBe(ids.length);
    const messages = await repositories.messages.history('user:ana:assignments', 100);
    expect(messages.map(({ message }) => message).toSorted()).toEqual(
      ids.map((id, index) => `A-${index} has not answered: despacho ${id}, CRITICA.`).toSorted(),
    );
    const histories = await repositories.dispatches.history(ids, 10);
    for (const id of ids) {
      const [newest, before] = histories.get(id)!;
      expect(newest!.dispatch).toMatchObject({ version: 4, assignment: { level: 2, answer: 'EXPIRED' } });
      expect(before!.dispatch).toMatchObject({ version: 3, assignment: { level: 1, answer: 'EXPIRED' } });
    }
  });

  test('one that fails midway undoes itself alone, and is escalated once it can be', async () => {
    const { messages } = repositories;
    const ids = await allAssigned(5);
    const failing = `despacho ${ids[2]},`;
    const isFailing = (some: readonly { readonly message: string }[]) =>
      some.some(({ message }) => message.includes(failing));
    const escalator = createEscalator({
      async tell(change, some) {
        await messages.write(change, some);
        if (isFailing(some)) throw new Error('This one cannot be told.');
      },
    });
    await clock.advance(10 * secondMs);
    expect(await escalate(escalator)).toBe(5);
    await clock.advance(10 * secondMs);
    await escalate(escalator);
    const levels = async () => {
      const assignments = await repositories.assignmentReader.newestOf(ids);
      return ids.map((id) => assignments.get(id)!.level);
    };
    expect(await levels()).toEqual([2, 2, 1, 2, 2]);
    expect(await audited('assignment.escalated')).toBe(5 + 4);
    expect(await said('user:ana:assignments')).toHaveLength(4);
    expect(await escalate(createEscalator())).toBe(1);
    expect(await levels()).toEqual([2, 2, 2, 2, 2]);
    expect(await said('user:ana:assignments')).toHaveLength(5);
  });

  test('one that is answered meanwhile is either escalated before or not at all', async () => {
    const ids = await allAssigned(5);
    await clock.advance(10 * secondMs);
    const answering = repositories.assignments.answer({
      ...answered(ids[2]!, true),
      ambulanciaId: 'A-2',
    });
    const [, count] = await Promise.all([answering, escalate(createEscalator())]);
    const { answer, level, nextLevelAt } = await assignmentOf(ids[2]!);
    expect({ answer, nextLevelAt }).toEqual({ answer: 'ACCEPTED', nextLevelAt: null });
    expect(count).toBe(4 + level);
    expect(await audited('assignment.escalated')).toBe(4 + level);
    await clock.advance(86_400 * secondMs);
    await escalate(createEscalator());
    expect(await assignmentOf(ids[2]!)).toMatchObject({ answer: 'ACCEPTED', level });
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

test.each(['dies at it', 'has escalated it'])(
  'what another process has taken is its own: it %s',
  async (how) => {
    const database = await databases.open('PostgreSQL');
    const clock = new ManualClock();
    const {
      dispatches,
      messages,
      assignmentBook: book,
      audit,
    } = tRepositories(database, { clock, answerMs });
    for (const ambulance of ['A-1', 'A-2', 'A-3']) {
      const { id } = await dispatches.create({ ...request, prioridad: 'CRITICA' }, 'ana');
      await dispatches.assign(id, { id: ambulance, placa: null }, byAna);
    }
    await clock.advance(10 * secondMs);
    const escalator = new Escalator({
      ...{ database, clock, book, log: createLogger('silent'), metrics: createMetrics() },
      tell: (change, some) => messages.write(change, some),
    });
    const [taken, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const other = database.change(async (change) => {
      const due = await lockDue(change, storedDate(clock.now()), { only: 2, without: [] });
      await book.write(change, due[0]!, { level: 1, due_at: null });
      taken.resolve();
      await end.promise;
      if (how === 'dies at it') throw new Error('It was killed.');
    });
    const ended = other.catch((error: unknown) => error);
    await taken.promise;
    expect(await escalator.escalateNext()).toBe(2);
    expect(await escalator.escalateNext()).toBe(0);
    end.resolve();
    await ended;
    expect(await escalator.escalateNext()).toBe(how === 'dies at it' ? 1 : 0);
    const entries = await audit.list({ type: 'assignment.escalated' }, 10);
    expect(entries.map(({ despachoId }) => despachoId).toSorted()).toEqual(
      how === 'dies at it' ? ['1', '2', '3'] : ['1', '3'],
    );
  },
);

test('nothing wakes for deadlines once it is closed', async () => {
  const database = await databases.open('SQLite in memory');
  const clock = new ManualClock();
  const book = new AssignmentBook(answerMs, new AlertBook(noLimits));
  const escalator = new Escalator({
    ...{ database, clock, book, log: createLogger('silent'), metrics: createMetrics() },
    tell: () => Promise.reject(new Error('Nobody is to be told.')),
  });
  escalator.start();
  await escalator.close();
  expect(clock.pending).toBe(0);
});
