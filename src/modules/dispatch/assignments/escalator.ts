/** Escalates assignments that nobody answers: each level once in the cluster, never before it is due, and late rather than never. */
import type { Change, StoredEvent } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { nextDueIn } from '../../../db/queries/next-due.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { DispatchRow } from '../../../db/tables.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import type { Clock } from '../../../lib/clock.ts';
import { DueWork, type WhichDue } from '../../../lib/due-work.ts';
import { newerVersion } from '../../../lib/errors.ts';
import { logFailure } from '../../../observability/log-failure.ts';
import type { Logger } from '../../../observability/log.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { dateOfChange, eventOf, updateRow, updateRows, writeEvent } from '../change.ts';
import type { DispatchState } from '../events.ts';
import { readState } from '../row.ts';
import type { AssignmentBook } from './assignment-book.ts';
import { isKnownAnswer, toAssignment } from './assignment-state.ts';
import { assignmentEntry } from './audit-entry.ts';
import { lockDue } from './due-assignments.ts';
import { channelOf, escalationActor } from './escalation.ts';

/** A message on a channel. */
export interface NewMessage {
  readonly channel: string;
  readonly message: string;
  readonly senderId: string;
}

export interface EscalatorOptions {
  readonly database: Database;
  /** By which deadlines are dated. */
  readonly clock: Clock;
  readonly book: AssignmentBook;
  /** Sends messages in the same transaction. */
  readonly tell: (change: Change, messages: readonly NewMessage[]) => Promise<unknown>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'assignmentEscalations'>;
}

/** So soon whoever lives sees the deadlines of a process that has died, or of a commit that was not told of, milliseconds. */
const lookEveryMs = 1_000;
/** The same where no assignment has a deadline any more: what is left are those of a time when they had. */
const lookRarelyMs = 60_000;

/**
 * Deadlines are in the record. A process wakes for the next one; the transaction that escalates takes some assignments and their
 * dispatches, and passes over those that another process has: so whoever dies at it leaves them to the others, as they were.
 */
export class Escalator {
  readonly #options: EscalatorOptions;
  readonly #work: DueWork;

  constructor(options: EscalatorOptions) {
    this.#options = options;
    const { book, clock, database, log } = options;
    this.#work = new DueWork({
      clock,
      doSome: (which, take) => this.#escalateSome(which, take),
      nextDue: (without) => nextDueIn(database, 'assignments', without),
      lookEveryMs: book.expectsAnswers ? lookEveryMs : lookRarelyMs,
      onDue: (listener) => book.onDue(listener),
      onError: (err, burst) => logFailure(log, { err, ...burst }, 'assignments could not be escalated'),
    });
  }

  /** Escalates what has become due while nobody was there, and from now on what becomes due. */
  start(): void {
    this.#work.start();
  }

  /** Finishes what is under way. */
  close(): Promise<void> {
    return this.#work.close();
  }

  /** Escalates some of those that have been due for longest. Resolves with how many it has been at. */
  escalateNext(): Promise<number> {
    return this.#work.doNext();
  }

  async #escalateSome(which: WhichDue, take: (ids: readonly number[]) => void): Promise<number> {
    const { database, clock, metrics } = this.#options;
    const { levels, taken, unreadable } = await database.change(async (change) => {
      const now = storedDate(clock.now());
      const due = await lockDue(change, now, which);
      take(due.map(({ id }) => id));
      const { known, unknown } = await this.#readDispatches(change, due);
      const raised = await this.#escalate(change, known, now);
      return { levels: raised.map(({ level }) => level), taken: due.length, unreadable: unknown };
    });
    for (const level of levels) metrics.assignmentEscalations.inc({ level: String(level) });
    this.#work.passOver(unreadable, newerVersion(`what assignment ${unreadable[0]} is about`));
    return taken;
  }

  /** Those that a newer version has written, or whose dispatch it has, are left to it. */
  async #readDispatches(change: Change, due: readonly AssignmentRow[]) {
    const ids = due.map(({ despacho_id: id }) => id);
    const rows =
      due.length === 0
        ? []
        : await change.query.selectFrom('dispatches').selectAll().where('id', 'in', ids).execute();
    const dispatches = new Map(rows.map((row) => [row.id, row]));
    const known: KnownDue[] = [];
    const unknown: number[] = [];
    for (const row of due) {
      const before = dispatches.get(row.despacho_id)!;
      const state = readState(before);
      if (state && isKnownAnswer(row.answer)) known.push({ row, before, state });
      else unknown.push(row.id);
    }
    return { known, unknown };
  }

  async #escalate(change: Change, known: readonly KnownDue[], now: string): Promise<AssignmentRow[]> {
    const { book, tell } = this.#options;
    const [due, passed] = [known.filter(isOpen), known.filter((one) => !isOpen(one))];
    for (const one of passed) await this.#end(change, one);
    if (due.length === 0) return [];
    const dispatches = await updateRows(
      change,
      due.map(({ before }) => before.id),
      now,
    );
    const taken = due.map(({ row }) => ({ row, dispatch: dispatches.get(row.despacho_id)! }));
    const raised = await book.escalate(change, taken);
    await tell(
      change,
      taken.flatMap(({ dispatch }, index) => messageOf(raised[index]!, dispatch) ?? []),
    );
    await change.writeEvents(taken.flatMap(({ dispatch }, index) => eventsOf(raised[index]!, dispatch)));
    return raised;
  }

  /**
   * A process of the release before this one has taken the dispatch from the ambulance: it keeps no assignments, so that this one ends, and
   * that of the other ambulance begins.
   */
  async #end(change: Change, { before, state }: KnownDue): Promise<void> {
    const { book: assignments, clock } = this.#options;
    const dispatch = await updateRow(change, before, dateOfChange(clock, before), {});
    await writeEvent(change, dispatch, { ...updateOf(state), assignments });
  }
}

/** One that is due, and its dispatch, locked. */
interface KnownDue {
  readonly row: AssignmentRow;
  readonly before: DispatchRow;
  readonly state: DispatchState;
}

const isOpen = ({ row, state }: KnownDue): boolean =>
  state.estado === 'ASIGNADO' && state.ambulancia?.id === row.ambulancia_id;

const updateOf = ({ estado }: Pick<DispatchState, 'estado'>) => ({
  ...({ changeType: 'UPDATED', previousEstado: estado } as const),
  actorId: escalationActor,
});

/** The entry of the audit trail, and what subscribers are shown. */
function eventsOf(raised: AssignmentRow, dispatch: DispatchState): StoredEvent[] {
  const assignment = toAssignment(raised);
  const entry = { actorId: escalationActor, at: dispatch.fechaActualizacion, inStead: false };
  return [
    assignmentEntry('ESCALATED', assignment, entry),
    eventOf(
      { ...dispatch, assignment },
      { ...updateOf(dispatch), told: [{ change: 'ESCALATED', assignment }] },
    ),
  ];
}

/** Null where the crew alone is told, which hears of the event. */
function messageOf(raised: AssignmentRow, dispatch: DispatchState): NewMessage | null {
  const channel = channelOf(raised.level, raised.assigned_by);
  return channel === null
    ? null
    : { channel, message: describe(raised, dispatch), senderId: escalationActor };
}

/** For people; whatever it is shown by has the dispatch beside it. */
function describe(
  { answer, ambulancia_id, reason }: AssignmentRow,
  { id, prioridad }: DispatchState,
): string {
  const what = answer === 'DECLINED' ? 'has declined' : 'has not answered';
  return `${ambulancia_id} ${what}: despacho ${id}, ${prioridad}${reason === null ? '.' : `. ${reason}`}`;
}
