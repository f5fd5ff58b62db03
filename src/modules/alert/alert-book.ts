/** Raises and clears alerts, each in the transaction of what made it so. */
import { createHash } from 'node:crypto';
import type { Change } from '../../db/change.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { AlertRow, AlertWatchRow, NewAlertRow } from '../../db/tables/alerts.ts';
import type { AssignmentRow } from '../../db/tables/assignments.ts';
import type { AlertWatch, WatchedDispatch } from '../alert-watch.ts';
import { alertChanges, alertKinds, alertTopic, toAlert, type AlertChange } from './events.ts';
import { hasLimits, noLimits, type AlertLimits } from './limits.ts';
import { isReasonOf, reasonsOf, type Facts } from './reasons.ts';

/** Who raises and clears, in the audit trail. */
const alertActor = 'dispatch-subgraph';

/** How soon an alert is looked at again that nothing tells of when its reason has gone, milliseconds: within a tenth of its age. */
const recheckMs = { min: 5_000, max: 10 * 60_000 };
const recheckAt = ({ raised_at }: AlertRow, now: string): string => {
  const [raisedMs, nowMs] = [Date.parse(raised_at), Date.parse(now)];
  return storedDate(nowMs + Math.min(Math.max((nowMs - raisedMs) / 10, recheckMs.min), recheckMs.max));
};
/** Receipts are written without a word to anybody, and positions by processes of the release before this one. */
const isRechecked = ({ kind }: AlertRow): boolean => kind === 'UNDELIVERED' || kind === 'STALE_POSITION';

/** What is known of a dispatch, and of its alerts. */
export interface Looked {
  readonly despachoId: number;
  readonly facts: Facts;
  /** Those that are not cleared. */
  readonly open: readonly AlertRow[];
  /** When to look next, as it was found; undefined where there was nothing. */
  readonly watch: AlertWatchRow | undefined;
  /** ISO 8601 in UTC. */
  readonly now: string;
}

/**
 * Of each dispatch that has not ended the record has the date at which the next alert may be due. What happens to the dispatch moves
 * that date, and clears what has no reason any more; whoever wakes at it looks, and raises. Positions move nothing: it is
 * when a date has come that the last position is looked at. All of it under the lock of the dispatch.
 */
export class AlertBook implements AlertWatch {
  readonly limits: AlertLimits;
  /** Names the limits: what was worked out by others is worked out again. */
  readonly limitsName: string;
  readonly isOn: boolean;
  readonly #listeners = new Set<(dueAt: number) => void>();

  constructor(limits: AlertLimits = noLimits) {
    this.limits = limits;
    this.isOn = hasLimits(limits);
    this.limitsName = createHash('sha256').update(JSON.stringify(limits)).digest('base64url').slice(0, 16);
  }

  /**
   * Calls back with each date at which something may be due, before that is committed. The listener must not throw. Returns a function that
   * ends this.
   */
  onDue(listener: (dueAt: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async onDispatch(
    change: Change,
    dispatch: WatchedDispatch,
    assignment: AssignmentRow | undefined,
  ): Promise<void> {
    if (!this.isOn) return;
    const { estado, prioridad, fechaActualizacion: now } = dispatch;
    const despachoId = Number(dispatch.id);
    const watch = await findWatch(change, despachoId);
    await this.settle(change, {
      ...{ despachoId, watch, now },
      open: watch ? await findOpen(change, [despachoId]) : [],
      facts: {
        ...{ estado, prioridad, assignment, ambulanciaId: dispatch.ambulancia?.id ?? null },
        since: watch?.estado === estado ? watch.since : now,
      },
    });
  }

  async onPosition(
    change: Change,
    despachoId: number,
    { measuredAt, now }: { readonly measuredAt: string; readonly now: string },
  ): Promise<void> {
    if (!this.isOn) return;
    const stale = await change.query
      .selectFrom('alerts')
      .selectAll()
      .where('despacho_id', '=', despachoId)
      .where('kind', '=', 'STALE_POSITION')
      .where('cleared_at', 'is', null)
      .executeTakeFirst();
    if (!stale) return;
    // One that was measured long ago, and has waited for a network, says not where the ambulance is.
    const limitMs = this.limits.stalePositionMs[toAlert(stale).prioridad] ?? Infinity;
    if (Date.parse(now) - Date.parse(measuredAt) < limitMs) await this.#clear(change, stale, now, measuredAt);
  }

  /** Clears what has no reason any more, raises what is due as far as that is sure, and notes when to look next. */
  async settle(change: Change, { despachoId, facts, open, watch, now }: Looked): Promise<void> {
    const reasons = reasonsOf(facts, this.limits);
    const lasting = open.filter((alert) => reasons.some((reason) => isReasonOf(reason, alert, now)));
    for (const alert of open)
      if (!lasting.includes(alert)) await this.#clear(change, alert, now, facts.lastPositionAt ?? null);
    const waiting: string[] = [];
    for (const reason of reasons) {
      if (lasting.some((alert) => isReasonOf(reason, alert, now))) continue;
      if (!reason.isSure || reason.limitAt > now) waiting.push(reason.limitAt);
      else
        lasting.push(
          await this.#raise(change, {
            ...{ kind: reason.kind, despacho_id: despachoId, assignment_id: reason.assignmentId },
            ...{ estado: facts.estado, prioridad: facts.prioridad, ambulancia_id: facts.ambulanciaId },
            ...{ since: reason.since, limit_at: reason.limitAt, raised_at: now, at: now, revision: 1 },
          }),
        );
    }
    waiting.push(...lasting.filter(isRechecked).map((alert) => recheckAt(alert, now)));
    await this.#watch(change, watch, {
      ...{ despacho_id: despachoId, estado: facts.estado, since: facts.since },
      ...{ due_at: waiting.sort()[0] ?? null, limits: this.limitsName },
    });
  }

  /** Somebody has seen it. Whoever came first stays; undefined where there is no such alert. */
  async acknowledge(change: Change, id: number, actorId: string, now: string): Promise<AlertRow | undefined> {
    const found = await change.query.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
    if (!found || found.acknowledged_at !== null) return found;
    return this.#change(change, 'ACKNOWLEDGED', found, {
      ...{ acknowledged_at: now, acknowledged_by: actorId, at: now },
    });
  }

  async #watch(change: Change, before: AlertWatchRow | undefined, after: AlertWatchRow): Promise<void> {
    if (after.estado === 'COMPLETADO' || after.estado === 'CANCELADO') {
      if (before)
        await change.query.deleteFrom('alert_watches').where('despacho_id', '=', after.despacho_id).execute();
      return;
    }
    const { despacho_id: _id, ...values } = after;
    await change.query
      .insertInto('alert_watches')
      .values(after)
      .onConflict((conflict) => conflict.column('despacho_id').doUpdateSet(values))
      .execute();
    if (after.due_at !== null) for (const listener of this.#listeners) listener(Date.parse(after.due_at));
  }

  async #raise(change: Change, values: NewAlertRow): Promise<AlertRow> {
    const row = await change.query
      .insertInto('alerts')
      .values(values)
      .returningAll()
      .executeTakeFirstOrThrow();
    await this.#tell(change, 'RAISED', row, alertActor);
    return row;
  }

  /** `lastPositionAt`: where it is later than what was missed, the ambulance is back, which is said once and stays nobody's to do. */
  async #clear(change: Change, alert: AlertRow, now: string, lastPositionAt: string | null): Promise<void> {
    await this.#change(change, 'CLEARED', alert, { cleared_at: now, at: now });
    if (alert.kind !== 'STALE_POSITION' || lastPositionAt === null || lastPositionAt <= alert.since) return;
    const { id: _id, ...about } = alert;
    await this.#raise(change, {
      ...about,
      ...{ kind: 'BACK_ONLINE', limit_at: lastPositionAt, raised_at: now, cleared_at: now, at: now },
      ...{ acknowledged_at: null, acknowledged_by: null, revision: 1 },
    });
  }

  async #change(
    change: Change,
    what: AlertChange,
    row: AlertRow,
    values: Partial<Omit<NewAlertRow, 'id'>> & { readonly at: string },
  ): Promise<AlertRow> {
    const changed = await change.query
      .updateTable('alerts')
      .set({ ...values, revision: row.revision + 1 })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await this.#tell(change, what, changed, changed.acknowledged_by ?? alertActor);
    return changed;
  }

  #tell(change: Change, what: AlertChange, row: AlertRow, actorId: string): Promise<void> {
    return change.writeEvent({
      ...{ type: alertChanges[what], despachoId: row.despacho_id, at: row.at, topics: [alertTopic.key] },
      actorId: what === 'ACKNOWLEDGED' ? actorId : alertActor,
      payload: { change: what, alert: toAlert(row) },
    });
  }
}

const findWatch = ({ query }: Change, despachoId: number): Promise<AlertWatchRow | undefined> =>
  query.selectFrom('alert_watches').selectAll().where('despacho_id', '=', despachoId).executeTakeFirst();

/** Alerts of some dispatches that are not cleared. Those of kinds that only a newer version knows are left to it. */
export const findOpen = (
  { query }: Pick<Change, 'query'>,
  despachoIds: readonly number[],
): Promise<AlertRow[]> =>
  query
    .selectFrom('alerts')
    .selectAll()
    .where('despacho_id', 'in', despachoIds)
    .where('kind', 'in', alertKinds)
    .where('cleared_at', 'is', null)
    .orderBy('id')
    .execute();
