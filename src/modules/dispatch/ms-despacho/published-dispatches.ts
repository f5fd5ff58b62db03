/** Owns what was told of the dispatches of MS Despacho: a copy of each as its last event showed it, with a version, which MS Despacho has none of. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { readMetadata, agreeOnMetadata } from '../../../db/metadata.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { Clock } from '../../../lib/clock.ts';
import { eventTypes, updateRow, writeEvent } from '../change.ts';
import type { DispatchState } from '../events.ts';
import type { PendingChanges } from './pending-changes.ts';
import { isSame, kindOf, type Reconciliation } from '../notifications/reconcile.ts';
import { toRow, toState } from '../row.ts';
import { isEnded } from '../status.ts';

/** A dispatch as MS Despacho has it. */
export type FoundDispatch = Omit<DispatchState, 'version'>;

/** A dispatch as it may be shown, and what options it led to. `half`: it is being written, and was left as it was told. */
export interface Reconciled {
  readonly state: DispatchState;
  readonly outcome: Reconciliation | 'partial';
}

export interface PublishedDispatchesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly pending: PendingChanges;
  /** The id of the newest dispatch there is; 0 when there is none. Asked once, when the record is new. */
  readonly readNewestId: () => Promise<number>;
}

export interface ReconcileOptions {
  /** Where the record stood before the dispatches were asked for, see `position`. */
  readonly since: number;
  /** Who a change is told of as when nobody here made it. */
  readonly actorId: string;
  /** Takes a dispatch as it is although the dates of its status are missing. */
  readonly acceptPartial?: boolean;
}

const baselineFact = 'ms-despacho newest at first sight';
/** Ended dispatches that come to light later than this are history, not news, milliseconds. */
const newsAgeMs = 60 * 60_000;

/**
 * Whatever was found in MS Despacho, by whatever way, goes through here, and is compared with what was told: one change
 * is one event, however many notice it and in whatever order, on whatever process, since comparison and event share a
 * lock and a transaction. An answer that may be older than what was told since is not believed.
 */
export class PublishedDispatches {
  readonly #options: PublishedDispatchesOptions;
  #baseline: Promise<number> | undefined;

  constructor(options: PublishedDispatchesOptions) {
    this.#options = options;
  }

  /** Where the record stands now: to be taken before MS Despacho is asked. */
  async position(): Promise<number> {
    const row = await this.#options.database.query
      .selectFrom('events')
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirst();
    return Number(row?.id ?? 0);
  }

  /** Learns which dispatches were there before this service looked at all. To be done before one is created. */
  async loadBaseline(): Promise<void> {
    await this.#readBaseline();
  }

  /** What was told of dispatches, by id. */
  async find(ids: readonly string[]): Promise<ReadonlyMap<string, DispatchState>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#options.database.query
      .selectFrom('dispatches')
      .selectAll()
      .where('id', 'in', ids.map(Number))
      .execute();
    return new Map(rows.map((row) => [String(row.id), toState(row)]));
  }

  /** The ids of those that were not told to have ended. */
  async openIds(): Promise<string[]> {
    const rows = await this.#options.database.query
      .selectFrom('dispatches')
      .select('id')
      .where('estado', 'not in', ['COMPLETADO', 'CANCELADO'])
      .execute();
    return rows.map(({ id }) => String(id));
  }

  /** Compares what was found with what was told, and tells the difference. In the order of `found`. */
  async reconcile(found: readonly FoundDispatch[], options: ReconcileOptions): Promise<Reconciled[]> {
    const published = await this.find(found.map(({ id }) => id));
    const reconciled: Reconciled[] = [];
    for (const each of found.map(asStored)) {
      const known = published.get(each.id);
      if (known && isSame({ ...each, version: known.version }, known))
        reconciled.push({ state: known, outcome: 'unchanged' });
      else reconciled.push(await this.#publishDifference(each, options));
    }
    return reconciled;
  }

  /** Tells of a change that was made through this service, by the one who has its place among the pending changes. */
  publish(answered: FoundDispatch, actorId: string): Promise<DispatchState> {
    const found = asStored(answered);
    return this.#options.database.change(async (change) => {
      const row = await change.lockDispatch(Number(found.id));
      if (!row) {
        const { state, isMine } = await this.#insert(change, this.#datedNow(found));
        if (isMine) return writeEvent(change, 'CREATED', state, null, actorId);
        return state;
      }
      const published = toState(row);
      if (isSame({ ...found, version: published.version }, published)) return published;
      return this.#update(change, found, published, actorId);
    });
  }

  async #publishDifference(found: FoundDispatch, options: ReconcileOptions): Promise<Reconciled> {
    const baseline = await this.#readBaseline();
    return this.#options.database.change(async (change) => {
      const row = await change.lockDispatch(Number(found.id));
      if (!row) return this.#publishNew(change, found, options, baseline);
      const published = toState(row);
      if (isSame({ ...found, version: published.version }, published))
        return { state: published, outcome: 'unchanged' };
      if (await wasPublishedSince(change, row.id, options.since))
        return { state: published, outcome: 'unchanged' };
      if (options.acceptPartial !== true && isPartial(found, published))
        return { state: published, outcome: 'partial' };
      const maker = await this.#options.pending.attributeChange(change, found, false);
      if (maker === 'inProgress') return { state: published, outcome: 'unchanged' };
      const state = await this.#update(change, found, published, maker?.actorId ?? options.actorId);
      return { state, outcome: 'event' };
    });
  }

  async #publishNew(
    change: Change,
    found: FoundDispatch,
    options: ReconcileOptions,
    baseline: number,
  ): Promise<Reconciled> {
    const maker = await this.#options.pending.attributeChange(change, found, true);
    if (maker === 'inProgress') return { state: { ...found, version: 1 }, outcome: 'unchanged' };
    const { clock } = this.#options;
    const isHistory =
      Number(found.id) <= baseline ||
      (isEnded(found.estado) && clock.now() - Date.parse(found.fechaActualizacion) > newsAgeMs);
    const { state, isMine } = await this.#insert(change, isHistory ? found : this.#datedNow(found));
    if (!isMine || isHistory) return { state, outcome: 'unchanged' };
    await writeEvent(change, 'CREATED', state, null, maker?.actorId ?? options.actorId);
    return { state, outcome: 'event' };
  }

  /** `isMine`: nobody else inserted it meanwhile. */
  async #insert(change: Change, found: FoundDispatch): Promise<{ state: DispatchState; isMine: boolean }> {
    const row = toRow({ ...found, version: 1 });
    const { numInsertedOrUpdatedRows } = await change.query
      .insertInto('dispatches')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return { state: toState(row), isMine: true };
    return { state: toState((await change.lockDispatch(row.id)) ?? row), isMine: false };
  }

  /** Dated by our clock, or as the version before where that is later: a later version is never dated earlier. */
  async #update(
    change: Change,
    found: FoundDispatch,
    published: DispatchState,
    actorId: string,
  ): Promise<DispatchState> {
    const at = [storedDate(this.#options.clock.now()), published.fechaActualizacion].sort().at(-1)!;
    const { id: _id, version: _version, ...values } = toRow({ ...found, version: published.version });
    const state = await updateRow(change, toRow(published), at, values);
    return writeEvent(change, kindOf(state, published), state, published.estado, actorId);
  }

  /** What was told since a moment is asked for by our clock. */
  #datedNow(found: FoundDispatch): FoundDispatch {
    return { ...found, fechaActualizacion: storedDate(this.#options.clock.now()) };
  }

  #readBaseline(): Promise<number> {
    this.#baseline ??= this.#agreeOnBaseline().catch((error: unknown) => {
      this.#baseline = undefined;
      throw error;
    });
    return this.#baseline;
  }

  async #agreeOnBaseline(): Promise<number> {
    const { database, readNewestId } = this.#options;
    const known = await readMetadata(database, baselineFact);
    if (known !== null) return Number(known);
    return Number(await agreeOnMetadata(database, baselineFact, String(await readNewestId())));
  }
}

/** As it will be read back: what no database can hold must not look like a change each time it is found. */
const asStored = (found: FoundDispatch): FoundDispatch => {
  const { version: _version, ...state } = toState(toRow({ ...found, version: 1 }));
  return state;
};

/** Whether an event of the dispatch was written behind a position: what was asked for there may be older than it. */
async function wasPublishedSince(change: Change, rowId: number, since: number): Promise<boolean> {
  const row = await change.query
    .selectFrom('events')
    .select('id')
    .where('despacho_id', '=', rowId)
    .where('type', 'in', Object.values(eventTypes))
    .where('id', '>', since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** MS Despacho writes a new status first, and the dates that come with it a moment later. */
function isPartial(found: FoundDispatch, published: DispatchState): boolean {
  if (found.estado === published.estado) return false;
  if (found.estado === 'EN_SITIO') return found.fechaLlegada === null;
  return isEnded(found.estado) && found.fechaFinalizacion === null;
}
