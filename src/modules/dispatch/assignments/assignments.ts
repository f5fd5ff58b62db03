/** What is said of assignments: their crew has seen one, and has answered. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import type { MutationKeys } from '../../../db/mutations/mutation-keys.ts';
import { storedName, storedText } from '../../../db/stored-text.ts';
import type { DispatchRow } from '../../../db/tables.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import type { Clock } from '../../../lib/clock.ts';
import { ClientError, forbidden } from '../../../lib/errors.ts';
import type { MutationKey } from '../../../lib/mutation-key.ts';
import { dateOfChange, lockDispatch, updateRow, writeEvent } from '../change.ts';
import { dispatchEffectOf, recallDispatch } from '../effect.ts';
import type { DispatchState } from '../events.ts';
import { invalidTransition } from '../status.ts';
import { settled, type AssignmentBook, type AssignmentValues } from './assignment-book.ts';
import { toAssignment } from './assignment-state.ts';
import { writeAssignmentEntry } from './audit-entry.ts';
import { crewLevel } from './escalation.ts';

/** Which assignment is meant, and by whom. */
export interface AssignmentRequest {
  readonly despachoId: string;
  /** Null for the present one, whichever that is. */
  readonly assignmentId: string | null;
  readonly actorId: string;
  /** The ambulance that the actor rides with; null for who rides with none. */
  readonly ambulanciaId: string | null;
  /** Whether the actor may answer for any crew. */
  readonly isAnybody: boolean;
  readonly key: MutationKey | null;
}

export interface AnswerRequest extends AssignmentRequest {
  readonly accept: boolean;
  readonly reason: string | null;
}

export interface AssignmentsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  readonly book: AssignmentBook;
  /** Makes sure that the database has a row for a dispatch that lives in another service. */
  readonly ensureLocalCopy: (despachoId: string) => Promise<unknown>;
  /** Whether to decline makes the dispatch PENDIENTE; beside MS Despacho, which decides that, it is escalated instead. */
  readonly declineFrees: boolean;
}

/** What a request is about, all of it locked. */
interface Subject {
  readonly row: DispatchRow;
  readonly state: DispatchState;
  readonly assignment: AssignmentRow;
  readonly inStead: boolean;
  readonly at: string;
}

/** The table is in our own database, wherever dispatches live. So there is one implementation, and no port. */
export class Assignments {
  readonly #options: AssignmentsOptions;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  /**
   * The same answer again changes nothing. Rejects with NOT_FOUND; FORBIDDEN for another crew; CONFLICT where the assignment that is
   * named, or any, is not the present one; INVALID_TRANSITION to decline after the ambulance has left.
   */
  answer(request: AnswerRequest): Promise<DispatchState> {
    return this.#change(request, (change, subject) => this.#answer(change, request, subject));
  }

  /** Once it was seen, to see it again changes nothing. Rejects as `answer` does. */
  see(request: AssignmentRequest): Promise<DispatchState> {
    return this.#change(request, async (change, subject) => {
      const { assignment, state, at } = subject;
      assertPresent(subject);
      if (assignment.seen_at !== null) return state;
      return this.#keep(change, request, subject, 'SEEN', { seen_at: at });
    });
  }

  async #answer(change: Change, request: AnswerRequest, subject: Subject): Promise<DispatchState> {
    const { assignment, state, at } = subject;
    const { accept, actorId } = request;
    const answer = accept ? 'ACCEPTED' : 'DECLINED';
    if (assignment.answer === answer) return state;
    assertPresent(subject);
    if (state.estado !== 'ASIGNADO')
      throw invalidTransition(
        state.estado,
        `The assignment of a dispatch that is ${state.estado} was accepted`,
      );
    const reason = storedText(request.reason);
    const values = { answer, answered_at: at, answered_by: storedName(actorId), reason };
    if (accept) return this.#keep(change, request, subject, 'ANSWERED', { ...values, ...settled });
    if (this.#options.declineFrees) return this.#free(change, request, subject, values);
    // Whoever has assigned is told next, without a wait.
    const escalated = { level: Math.max(assignment.level, crewLevel), due_at: at };
    return this.#keep(change, request, subject, 'ANSWERED', { ...values, ...escalated });
  }

  /** The dispatch waits for another ambulance. */
  async #free(
    change: Change,
    request: AnswerRequest,
    subject: Subject,
    values: AssignmentValues,
  ): Promise<DispatchState> {
    const ended = { ...values, ended_at: subject.at, ...settled };
    const nobody = { estado: 'PENDIENTE', ambulancia_id: null, ambulancia_placa: null };
    return this.#keep(change, request, subject, 'ANSWERED', ended, nobody);
  }

  /** Changes the assignment, and the dispatch where that follows, and says so to its crew and to all who watch the dispatch. */
  async #keep(
    change: Change,
    { actorId }: AssignmentRequest,
    { row, state, assignment, inStead, at }: Subject,
    kind: 'SEEN' | 'ANSWERED',
    values: AssignmentValues,
    ofDispatch: Parameters<typeof updateRow>[3] = {},
  ): Promise<DispatchState> {
    const { book } = this.#options;
    const changed = toAssignment(await book.write(change, assignment, values));
    const dispatch = await updateRow(change, row, at, ofDispatch);
    await writeAssignmentEntry(change, kind, changed, { actorId, at, inStead });
    return writeEvent(change, dispatch, {
      changeType: dispatch.estado === state.estado ? 'UPDATED' : 'STATUS_CHANGED',
      ...{ previousEstado: state.estado, actorId, assignments: book },
      told: [{ change: kind, assignment: changed }],
    });
  }

  async #change(
    request: AssignmentRequest,
    run: (change: Change, subject: Subject) => Promise<DispatchState>,
  ): Promise<DispatchState> {
    await this.#options.ensureLocalCopy(request.despachoId);
    return this.#options.keys.change(request.key, {
      run: async (change) => run(change, await this.#find(change, request)),
      effectOf: dispatchEffectOf,
      recall: recallDispatch,
    });
  }

  async #find(change: Change, request: AssignmentRequest): Promise<Subject> {
    const { row, state } = await lockDispatch(change, request.despachoId);
    const assignment = await this.#options.book.findNewest(change, row.id);
    const isOwn = assignment !== undefined && assignment.ambulancia_id === storedName(request.ambulanciaId);
    if (!isOwn && !request.isAnybody)
      throw forbidden('The crew of the assigned ambulance answers, or whoever may update every dispatch.');
    if (!assignment) throw otherAssignment(null);
    const { assignmentId } = request;
    if (assignmentId !== null && assignmentId !== String(assignment.id))
      throw otherAssignment(assignment.ended_at === null ? assignment.id : null);
    const at = dateOfChange(this.#options.clock, row);
    return { row, state, assignment, inStead: !isOwn, at };
  }
}

/** Also where a process of the release before this one has assigned another ambulance: it keeps no assignments. */
function assertPresent({ assignment, state }: Subject): void {
  if (assignment.ended_at !== null || assignment.ambulancia_id !== state.ambulancia?.id)
    throw otherAssignment(null);
}

/** `present`: the assignment that there is instead; null where there is none. */
const otherAssignment = (present: number | null) =>
  new ClientError(
    'CONFLICT',
    present === null
      ? 'The dispatch has no assignment that waits for an answer.'
      : `The dispatch has the assignment ${present} by now.`,
    { assignmentId: present === null ? null : String(present) },
  );
