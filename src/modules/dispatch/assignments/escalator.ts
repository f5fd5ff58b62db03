/** Escalates assignments that nobody answers: each level once in the cluster, never before it is due, and late rather than never. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { nextDueIn } from '../../../db/queries/next-due.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import { ClientError } from '../../../lib/errors.ts';
import { logFailure } from '../../../observability/log-failure.ts';
import { DueWork } from '../../../lib/due-work.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { dateOfChange, lockDispatch, updateRow, writeEvent } from '../change.ts';
import type { DispatchState } from '../events.ts';
import type { AssignmentBook } from './assignment-book.ts';
import { toAssignment, type AssignmentState } from './assignment-state.ts';
import { writeAssignmentEntry } from './audit-entry.ts';
import { lockDue } from './due-assignments.ts';
import { channelOf, dispatchersLevel, escalationActor, levelAfter } from './escalation.ts';

export interface EscalatorOptions {
  readonly database: Database;
  /** By which deadlines are dated. */
  readonly clock: Clock;
  readonly book: AssignmentBook;
  /** Sends a message in the same transaction. */
  readonly tell: (change: Change, channel: string, message: string, senderId: string) => Promise<unknown>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'assignmentEscalations'>;
}

/** So soon whoever lives sees the deadlines of a process that has died, or of a commit that was not told of, milliseconds. */
const lookEveryMs = 1_000;
/** The same where no assignment has a deadline any more: what is left are those of a time when they had. */
const lookRarelyMs = 60_000;

/**
 * Deadlines are in the record. A process wakes for the next one; the transaction that escalates takes the assignment and its dispatch,
 * or passes over them where another process has them: so whoever dies at it leaves it to the others, as it was.
 */
export class Escalator {
  readonly #options: EscalatorOptions;
  readonly #work: DueWork;

  constructor(options: EscalatorOptions) {
    this.#options = options;
    const { book, clock, database, log } = options;
    this.#work = new DueWork({
      clock,
      doNext: () => this.escalateNext(),
      nextDue: () => nextDueIn(database, 'assignments'),
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

  /** Escalates the one that has been due for longest. Resolves with whether there was one. */
  async escalateNext(): Promise<boolean> {
    const { database, clock, metrics } = this.#options;
    const taken: AssignmentRow[] = [];
    try {
      const level = await database.change(async (change) => {
        const due = await lockDue(change, storedDate(clock.now()), this.#work.passedOver);
        if (!due) return undefined;
        taken.push(due);
        return this.#escalate(change, due);
      });
      if (level === undefined) return false;
      if (level !== null) metrics.assignmentEscalations.inc({ level: String(level) });
    } catch (error) {
      // A newer version has written it.
      const due = taken.at(-1);
      if (!(error instanceof ClientError) || !due) throw error;
      this.#work.passOver([due.id], error);
    }
    return true;
  }

  /**
   * Resolves with its level; null where a process of the release before this one has taken the dispatch from the ambulance: it keeps no
   * assignments, so that this one ends, and that of the other ambulance begins.
   */
  async #escalate(change: Change, due: AssignmentRow): Promise<number | null> {
    const { book: assignments } = this.#options;
    const { row, state } = await lockDispatch(change, String(due.despacho_id));
    const dispatch = await updateRow(change, row, dateOfChange(this.#options.clock, row), {});
    const written = {
      ...({ changeType: 'UPDATED', previousEstado: state.estado } as const),
      ...{ actorId: escalationActor, assignments },
    };
    if (state.estado !== 'ASIGNADO' || state.ambulancia?.id !== due.ambulancia_id) {
      await writeEvent(change, dispatch, written);
      return null;
    }
    const assignment = await this.#raise(change, due, dispatch);
    await writeEvent(change, dispatch, { ...written, told: [{ change: 'ESCALATED', assignment }] });
    return assignment.level;
  }

  async #raise(change: Change, due: AssignmentRow, dispatch: DispatchState): Promise<AssignmentState> {
    const { book, tell } = this.#options;
    const at = dispatch.fechaActualizacion;
    const level = levelAfter(due.level, due.assigned_by);
    const raised = await book.write(change, due, {
      level,
      answer: due.answer === 'PENDING' ? 'EXPIRED' : due.answer,
      due_at: level === dispatchersLevel ? null : book.dueAfter(dispatch, at),
    });
    const assignment = toAssignment(raised);
    const entry = { actorId: escalationActor, at, inStead: false };
    await writeAssignmentEntry(change, 'ESCALATED', assignment, entry);
    const channel = channelOf(level, due.assigned_by);
    if (channel !== null) await tell(change, channel, describe(due, dispatch), escalationActor);
    return assignment;
  }
}

/** For people; whatever it is shown by has the dispatch beside it. */
function describe(
  { answer, ambulancia_id, reason }: AssignmentRow,
  { id, prioridad }: DispatchState,
): string {
  const what = answer === 'DECLINED' ? 'has declined' : 'has not answered';
  return `${ambulancia_id} ${what}: despacho ${id}, ${prioridad}${reason === null ? '.' : `. ${reason}`}`;
}
