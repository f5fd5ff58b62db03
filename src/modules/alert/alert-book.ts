/** Raises and clears alerts, each in the transaction of what made it so. */
import { createHash } from 'node:crypto';
import type { Change, StoredEvent } from '../../db/change.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { AlertRow, AlertWatchRow, NewAlertRow } from '../../db/tables/alerts.ts';
import { isEnded } from '../../lib/words/statuses.ts';
import type { AlertWatch, ChangedDispatch } from '../alert-watch.ts';
import { alertChanges, alertKinds, alertTopic, toAlert, type AlertChange } from './events.ts';
import { hasLimits, type AlertLimits } from './limits.ts';
import { isReasonOf, reasonsOf, type Facts, type Reason } from './reasons.ts';

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

  constructor(limits: AlertLimits) {
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

  async onDispatches(change: Change, changed: readonly ChangedDispatch[]): Promise<void> {
    if (!this.isOn) return;
    const watches = await findWatches(
      change,
      changed.map(({ dispatch }) => Number(dispatch.id)),
    );
    const open = Map.groupBy(await findOpen(change, [...watches.keys()]), (alert) => alert.despacho_id);
    const looked = changed.map(({ dispatch, assignment }): Looked => {
      const { estado, prioridad, fechaActualizacion: now } = dispatch;
      const despachoId = Number(dispatch.id);
      const watch = watches.get(despachoId);
      return {
        ...{ despachoId, watch, now, open: open.get(despachoId) ?? [] },
        facts: {
          ...{ estado, prioridad, assignment, ambulanciaId: dispatch.ambulancia?.id ?? null },
          since: watch?.estado === estado ? watch.since : now,
        },
      };
    });
    await this.settle(change, looked);
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

  /**
   * Of each dispatch, clears what has no reason any more, raises what is due as far as that is sure, and notes when to look next: in a few
   * statements for all of them.
   */
  async settle(change: Change, looked: readonly Looked[]): Promise<void> {
    const settled = looked.map((one) => ({ ...one, ...conclude(one, this.limits) }));
    for (const { ended, now, facts } of settled)
      for (const alert of ended) await this.#clear(change, alert, now, facts.lastPositionAt ?? null);
    const begun = settled.flatMap(({ begun: reasons, despachoId, facts, now }) =>
      reasons.map((reason) => ({
        ...{ kind: reason.kind, despacho_id: despachoId, assignment_id: reason.assignmentId },
        ...{ estado: facts.estado, prioridad: facts.prioridad, ambulancia_id: facts.ambulanciaId },
        ...{ since: reason.since, limit_at: reason.limitAt, raised_at: now, at: now, revision: 1 },
      })),
    );
    const raised = Map.groupBy(await this.#raise(change, begun), (alert) => alert.despacho_id);
    const watches = settled.map(({ despachoId, facts, lasting, waiting, now }): AlertWatchRow => {
      const open = [...lasting, ...(raised.get(despachoId) ?? [])];
      const dates = [...waiting, ...open.filter(isRechecked).map((alert) => recheckAt(alert, now))];
      return {
        ...{ despacho_id: despachoId, estado: facts.estado, since: facts.since },
        ...{ due_at: dates.sort()[0] ?? null, limits: this.limitsName },
      };
    });
    await this.#watch(change, watches);
  }

  /** Somebody has seen it. Whoever came first stays; undefined where there is no such alert. */
  async acknowledge(change: Change, id: number, actorId: string, now: string): Promise<AlertRow | undefined> {
    const found = await change.query.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
    if (!found || found.acknowledged_at !== null) return found;
    return this.#change(change, 'ACKNOWLEDGED', found, {
      ...{ acknowledged_at: now, acknowledged_by: actorId, at: now },
    });
  }

  async #watch(change: Change, watches: readonly AlertWatchRow[]): Promise<void> {
    const ended = watches.filter(({ estado }) => isEnded(estado));
    const others = watches.filter(({ estado }) => !isEnded(estado));
    if (ended.length > 0)
      await change.query.deleteFrom('alert_watches').where('despacho_id', 'in', ended.map(idOf)).execute();
    if (others.length > 0)
      await change.query
        .insertInto('alert_watches')
        // In one order, so that no two changes wait for each other.
        .values(others.toSorted((one, other) => one.despacho_id - other.despacho_id))
        .onConflict((conflict) =>
          conflict.column('despacho_id').doUpdateSet(({ ref }) => ({
            ...{ estado: ref('excluded.estado'), since: ref('excluded.since') },
            ...{ due_at: ref('excluded.due_at'), limits: ref('excluded.limits') },
          })),
        )
        .execute();
    for (const { due_at: dueAt } of others)
      if (dueAt !== null) for (const listener of this.#listeners) listener(Date.parse(dueAt));
  }

  async #raise(change: Change, values: readonly NewAlertRow[]): Promise<AlertRow[]> {
    if (values.length === 0) return [];
    const rows = await change.query.insertInto('alerts').values(values).returningAll().execute();
    await change.writeEvents(
      rows.sort((one, other) => one.id - other.id).map((row) => eventOf('RAISED', row, alertActor)),
    );
    return rows;
  }

  /** `lastPositionAt`: where it is later than what was missed, the ambulance is back, which is said once and stays nobody's to do. */
  async #clear(change: Change, alert: AlertRow, now: string, lastPositionAt: string | null): Promise<void> {
    await this.#change(change, 'CLEARED', alert, { cleared_at: now, at: now });
    if (alert.kind !== 'STALE_POSITION' || lastPositionAt === null || lastPositionAt <= alert.since) return;
    const { id: _id, ...about } = alert;
    await this.#raise(change, [
      {
        ...about,
        ...{ kind: 'BACK_ONLINE', limit_at: lastPositionAt, raised_at: now, cleared_at: now, at: now },
        ...{ acknowledged_at: null, acknowledged_by: null, revision: 1 },
      },
    ]);
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
    await change.writeEvent(eventOf(what, changed, changed.acknowledged_by ?? alertActor));
    return changed;
  }
}

/** What follows of what is known: what has ended, what lasts, what has begun, and dates at which more may. */
function conclude({ facts, open, now }: Looked, limits: AlertLimits) {
  const reasons = reasonsOf(facts, limits);
  const isOf = (alert: AlertRow) => (reason: Reason) => isReasonOf(reason, alert, now);
  const lasting = open.filter((alert) => reasons.some(isOf(alert)));
  const others = reasons.filter((reason) => !lasting.some((alert) => isOf(alert)(reason)));
  const isDue = ({ isSure, limitAt }: Reason) => isSure && limitAt <= now;
  return {
    ...{ ended: open.filter((alert) => !lasting.includes(alert)), lasting },
    begun: others.filter(isDue),
    waiting: others.filter((reason) => !isDue(reason)).map(({ limitAt }) => limitAt),
  };
}

const idOf = ({ despacho_id: id }: Pick<AlertWatchRow, 'despacho_id'>): number => id;

const eventOf = (what: AlertChange, row: AlertRow, actorId: string): StoredEvent => ({
  ...{ type: alertChanges[what], despachoId: row.despacho_id, at: row.at, topics: [alertTopic.key] },
  actorId: what === 'ACKNOWLEDGED' ? actorId : alertActor,
  payload: { change: what, alert: toAlert(row) },
});

async function findWatches(
  { query }: Change,
  despachoIds: readonly number[],
): Promise<ReadonlyMap<number, AlertWatchRow>> {
  const rows = await query
    .selectFrom('alert_watches')
    .selectAll()
    .where('despacho_id', 'in', despachoIds)
    .execute();
  return new Map(rows.map((row) => [row.despacho_id, row]));
}

/** Alerts of some dispatches that are not cleared. Those of kinds that only a newer version knows are left to it. */
export const findOpen = async (
  { query }: Pick<Change, 'query'>,
  despachoIds: readonly number[],
): Promise<AlertRow[]> =>
  despachoIds.length === 0
    ? []
    : query
        .selectFrom('alerts')
        .selectAll()
        .where('despacho_id', 'in', despachoIds)
        .where('kind', 'in', alertKinds)
        .where('cleared_at', 'is', null)
        .orderBy('id')
        .execute();
