/** Begins, changes and ends assignments, each in the transaction of what made it so. */
import type { Change } from '../../../db/change.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedName } from '../../../db/stored-text.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import { isEnded } from '../../../lib/words/statuses.ts';
import type { DispatchState } from '../events.ts';
import type { ToldChange } from './assignment.ts';
import type { AlertWatch } from '../../alert-watch.ts';
import { toAssignment, type AssignmentState } from './assignment-state.ts';
import { dispatchersLevel, levelAfter, offeredLevel, type AnswerTimes } from './escalation.ts';

export type AssignmentValues = Partial<Omit<AssignmentRow, 'id' | 'despacho_id' | 'revision'>>;

/** Nobody waits for an answer, and nothing is escalated. */
export const settled = { due_at: null } satisfies AssignmentValues;

/** A crew that drives has accepted, whether it pressed a button or not. */
const driving: ReadonlySet<DispatchState['estado']> = new Set(['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO']);

/** Most dispatches are created without an ambulance: then there is nothing to look for, and events say nothing of it. */
export const wasNeverAssigned = ({
  ambulancia,
  version,
}: Pick<DispatchState, 'ambulancia' | 'version'>): boolean => ambulancia === null && version === 1;

/** What a change of a dispatch has led to. */
interface Conclusion {
  /** The newest assignment of the dispatch. */
  readonly row: AssignmentRow | undefined;
  readonly told: readonly ToldChange[];
}

/** A dispatch as a change of it has left it, and who made that. */
interface Changed {
  readonly dispatch: DispatchState;
  readonly actorId: string;
}

/** One whose next level is due, with its dispatch as the change has left it. */
export interface DueAssignment {
  readonly row: AssignmentRow;
  readonly dispatch: DispatchState;
}

/**
 * Of each dispatch one assignment at the most has not ended. It begins when an ambulance is assigned, and ends when another one is,
 * when it was declined, or with the dispatch. All of it under the lock of the dispatch.
 */
export class AssignmentBook {
  readonly #answerMs: AnswerTimes;
  readonly #alerts: AlertWatch;
  readonly #listeners = new Set<(dueAt: number) => void>();

  /** `alerts` follow from what happens to dispatches and their assignments. */
  constructor(answerMs: AnswerTimes, alerts: AlertWatch) {
    this.#answerMs = answerMs;
    this.#alerts = alerts;
  }

  /** Whether an assignment of any priority has a time to be answered in. */
  get expectsAnswers(): boolean {
    return Object.values(this.#answerMs).some((ms) => ms !== null);
  }

  /**
   * Calls back with the date of each deadline that is written here, before it is committed. The listener must not throw. Returns a
   * function that ends this.
   */
  onDue(listener: (dueAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Draws the conclusions of a change of a dispatch. Resolves with its newest assignment, which is left out where it was never assigned, and
   * with what crews are to be told. To be called before the event of the change is written.
   */
  async follow(
    change: Change,
    changed: Changed,
  ): Promise<{ readonly assignment?: AssignmentState | null; readonly told: readonly ToldChange[] }> {
    const { dispatch } = changed;
    if (wasNeverAssigned(dispatch)) {
      await this.#alerts.onDispatches(change, [{ dispatch, assignment: undefined }]);
      return { told: [] };
    }
    const newest = await this.findNewest(change, Number(dispatch.id));
    const { row, told } = await this.#conclude(change, newest, changed);
    await this.#alerts.onDispatches(change, [{ dispatch, assignment: row }]);
    return { assignment: row ? toAssignment(row) : null, told };
  }

  /** The newest assignment of a dispatch; each of the others has ended. */
  findNewest({ query }: Change, despachoId: number): Promise<AssignmentRow | undefined> {
    return query
      .selectFrom('assignments')
      .selectAll()
      .where('despacho_id', '=', despachoId)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  /** When the next level is due that follows at this date; null where nothing escalates. */
  dueAfter({ prioridad }: Pick<DispatchState, 'prioridad'>, at: string): string | null {
    const waitMs = this.#answerMs[prioridad];
    return waitMs === null ? null : storedDate(Date.parse(at) + waitMs);
  }

  /** Changes an assignment. Whoever does so writes the event of it. */
  async write(change: Change, row: AssignmentRow, values: AssignmentValues): Promise<AssignmentRow> {
    const changes = { ...values, revision: row.revision + 1 };
    await change.query.updateTable('assignments').set(changes).where('id', '=', row.id).execute();
    return this.#announced({ ...row, ...changes });
  }

  /**
   * Raises several assignments that have not ended to their next levels, and draws the conclusions, in a few statements. Resolves with them in the
   * same order; whoever does so writes the events.
   */
  async escalate(change: Change, due: readonly DueAssignment[]): Promise<AssignmentRow[]> {
    const raised = due.map(({ row, dispatch }): AssignmentRow => {
      const level = levelAfter(row.level, row.assigned_by);
      const answer = row.answer === 'PENDING' ? 'EXPIRED' : row.answer;
      const nextAt = this.dueAfter(dispatch, dispatch.fechaActualizacion);
      const due_at = level === dispatchersLevel ? null : nextAt;
      return { ...row, level, answer, due_at, revision: row.revision + 1 };
    });
    for (const alike of Map.groupBy(raised, (row) => `${row.level} ${row.answer} ${row.due_at}`).values()) {
      const { level, answer, due_at } = alike[0]!;
      const ids = alike.map(({ id }) => id);
      await change.query
        .updateTable('assignments')
        .set((eb) => ({ level, answer, due_at, revision: eb('revision', '+', 1) }))
        .where('id', 'in', ids)
        .execute();
    }
    const changed = due.map(({ dispatch }, index) => ({ dispatch, assignment: raised[index]! }));
    await this.#alerts.onDispatches(change, changed);
    return raised.map((row) => this.#announced(row));
  }

  async #conclude(change: Change, newest: AssignmentRow | undefined, changed: Changed): Promise<Conclusion> {
    const { ambulancia, estado, fechaActualizacion: at } = changed.dispatch;
    const open = newest?.ended_at === null ? newest : undefined;
    const isSame = open !== undefined && open.ambulancia_id === ambulancia?.id;
    if (isSame && !isEnded(estado)) return this.#goOn(change, open, changed);
    const ended = open && (await this.write(change, open, { ended_at: at, ...settled }));
    const begun =
      estado === 'ASIGNADO' && ambulancia ? await this.#begin(change, ambulancia, changed) : undefined;
    return {
      row: begun ?? ended ?? newest,
      told: [
        ...(ended ? [{ change: 'ENDED' as const, assignment: toAssignment(ended) }] : []),
        ...(begun ? [{ change: 'OFFERED' as const, assignment: toAssignment(begun) }] : []),
      ],
    };
  }

  async #goOn(change: Change, open: AssignmentRow, { dispatch, actorId }: Changed): Promise<Conclusion> {
    const ambulancia_placa = dispatch.ambulancia!.placa;
    if (driving.has(dispatch.estado) && open.answer !== 'ACCEPTED') {
      const at = dispatch.fechaActualizacion;
      const answer = { answer: 'ACCEPTED', answered_at: at, answered_by: storedName(actorId), reason: null };
      const row = await this.write(change, open, { ...answer, ambulancia_placa, ...settled });
      return { row, told: [{ change: 'ANSWERED', assignment: toAssignment(row) }] };
    }
    if (ambulancia_placa === open.ambulancia_placa) return { row: open, told: [] };
    return { row: await this.write(change, open, { ambulancia_placa }), told: [] };
  }

  async #begin(
    change: Change,
    ambulancia: NonNullable<DispatchState['ambulancia']>,
    { dispatch, actorId }: Changed,
  ): Promise<AssignmentRow> {
    const at = dispatch.fechaActualizacion;
    const dueAt = this.dueAfter(dispatch, at);
    const row = await change.query
      .insertInto('assignments')
      .values({
        despacho_id: Number(dispatch.id),
        ambulancia_id: storedName(ambulancia.id),
        ambulancia_placa: ambulancia.placa,
        assigned_by: storedName(actorId),
        assigned_at: at,
        answer: 'PENDING',
        level: offeredLevel,
        deadline: dueAt,
        due_at: dueAt,
        revision: 1,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return this.#announced(row);
  }

  #announced(row: AssignmentRow): AssignmentRow {
    if (row.due_at !== null) for (const listener of this.#listeners) listener(Date.parse(row.due_at));
    return row;
  }
}
