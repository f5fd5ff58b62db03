/** Local copies of the dispatches of MS Despacho, each as its last event showed it, with the version that MS Despacho does not have. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { readMetadata, agreeOnMetadata } from '../../../db/metadata.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { DispatchRow } from '../../../db/tables.ts';
import { type Clock, msSince } from '../../../lib/clock.ts';
import { endedEstados, isEnded } from '../../../lib/words/statuses.ts';
import type { AssignmentBook } from '../assignments/assignment-book.ts';
import { dateOfChange, updateRow, writeEvent } from '../change.ts';
import type { DispatchState } from '../events.ts';
import { hasEventSince, isPartial, type UnversionedDispatch } from './detected.ts';
import type { Author, PendingChanges } from './pending-changes.ts';
import { isSame, kindOf, type Reconciliation } from '../notifications/reconcile.ts';
import { readState, toRow, toState } from '../row.ts';

/**
 * What a comparison led to, and the dispatch as it is now published. `partial`: MS Despacho is still writing it, so it is published
 * as it was before.
 */
export interface Reconciled {
  readonly state: DispatchState;
  readonly outcome: Reconciliation | 'partial';
}

export interface PublishedDispatchesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly pending: PendingChanges;
  readonly assignments: AssignmentBook;
  /** The id of the newest dispatch there is; 0 when there is none. Called once in the life of the database. */
  readonly readNewestId: () => Promise<number>;
}

export interface ReconcileOptions {
  /** What `position` returned before the dispatches were asked for. */
  readonly since: number;
  /** The actor of a change that was not made through this service. */
  readonly actorId: string;
  /** Publishes a dispatch although the dates of its status are missing. Default false. */
  readonly acceptPartial?: boolean;
}

const baselineKey = 'ms-despacho newest at first sight';
/** A dispatch that ended longer ago than this when it is first seen is stored without an event, milliseconds. */
const maxEventAgeMs = 60 * 60_000;

/**
 * Every dispatch that is read from MS Despacho, for whatever reason, is compared here with what was published of it. One
 * change is one event, however many processes detect it, and in whatever order, because comparison and event share a lock
 * and a transaction. An answer is ignored when an event was written after MS Despacho was asked: it may be older than the
 * event.
 */
export class PublishedDispatches {
  readonly #options: PublishedDispatchesOptions;
  #baseline: Promise<number> | undefined;

  constructor(options: PublishedDispatchesOptions) {
    this.#options = options;
  }

  /** The id of the newest event. To be read before MS Despacho is asked, see `ReconcileOptions.since`. */
  async position(): Promise<number> {
    const row = await this.#options.database.query
      .selectFrom('events')
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirst();
    return Number(row?.id ?? 0);
  }

  /**
   * Notes which dispatches existed before this service looked for the first time: they are stored without an event. To be called
   * before one is created.
   */
  async loadBaseline(): Promise<void> {
    await this.#readBaseline();
  }

  /** Dispatches as they were published, by id. */
  async find(ids: readonly string[]): Promise<ReadonlyMap<string, DispatchState>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#options.database.query
      .selectFrom('dispatches')
      .selectAll()
      .where('id', 'in', ids.map(Number))
      .execute();
    const states = rows.flatMap((row) => readState(row) ?? []);
    return new Map(states.map((state) => [state.id, state]));
  }

  /** The ids of dispatches that were not published as ended. */
  async openIds(): Promise<string[]> {
    const rows = await this.#options.database.query
      .selectFrom('dispatches')
      .select('id')
      .where('estado', 'not in', endedEstados)
      .execute();
    return rows.map(({ id }) => String(id));
  }

  /** Compares dispatches with what was published of them, and publishes the differences. Resolves in their order. */
  async reconcile(
    detected: readonly UnversionedDispatch[],
    options: ReconcileOptions,
  ): Promise<Reconciled[]> {
    const published = await this.find(detected.map(({ id }) => id));
    const reconciled: Reconciled[] = [];
    for (const each of detected.map(asStored)) {
      const known = published.get(each.id);
      if (known && isSame({ ...each, version: known.version }, known))
        reconciled.push({ state: known, outcome: 'unchanged' });
      else reconciled.push(await this.#publishDifference(each, options));
    }
    return reconciled;
  }

  /** Publishes a change that was made through this service. Its pending change must not have ended yet. */
  publish(answered: UnversionedDispatch, author: Author): Promise<DispatchState> {
    const dispatch = asStored(answered);
    return this.#options.database.change(async (change) => {
      const state = await this.#publishOwn(change, dispatch, author.actorId);
      await this.#options.pending.keepEffect(change, author, state);
      return state;
    });
  }

  async #publishOwn(change: Change, dispatch: UnversionedDispatch, actorId: string): Promise<DispatchState> {
    const row = await change.lockDispatch(Number(dispatch.id));
    if (!row) {
      const { state, isInserted } = await this.#insert(change, this.#datedNow(dispatch));
      if (isInserted) return this.#write(change, state, undefined, actorId);
      return state;
    }
    const published = readState(row);
    if (published && isSame({ ...dispatch, version: published.version }, published)) return published;
    return this.#update(change, dispatch, row, actorId);
  }

  async #publishDifference(detected: UnversionedDispatch, options: ReconcileOptions): Promise<Reconciled> {
    const baseline = await this.#readBaseline();
    return this.#options.database.change(async (change) => {
      const row = await change.lockDispatch(Number(detected.id));
      if (!row) return this.#publishNew(change, detected, options, baseline);
      // What a newer version published of it, this one may not know: then what MS Despacho says is shown.
      const published = readState(row) ?? { ...detected, version: row.version };
      if (readState(row) && isSame({ ...detected, version: published.version }, published))
        return { state: published, outcome: 'unchanged' };
      if (await hasEventSince(change, row.id, options.since))
        return { state: published, outcome: 'unchanged' };
      if (options.acceptPartial !== true && isPartial(detected, published))
        return { state: published, outcome: 'partial' };
      const attribution = await this.#options.pending.attributeChange(change, detected, false);
      if (attribution === 'inProgress') return { state: published, outcome: 'unchanged' };
      const actorId = attribution?.actorId ?? options.actorId;
      const state = await this.#update(change, detected, row, actorId);
      if (attribution) await this.#options.pending.keepEffect(change, attribution, state);
      return { state, outcome: 'event' };
    });
  }

  async #publishNew(
    change: Change,
    detected: UnversionedDispatch,
    options: ReconcileOptions,
    baseline: number,
  ): Promise<Reconciled> {
    const attribution = await this.#options.pending.attributeChange(change, detected, true);
    if (attribution === 'inProgress') return { state: { ...detected, version: 1 }, outcome: 'unchanged' };
    const { clock } = this.#options;
    const isOld =
      Number(detected.id) <= baseline ||
      (isEnded(detected.estado) &&
        msSince(Date.parse(detected.fechaActualizacion), clock.now()) > maxEventAgeMs);
    const { state, isInserted } = await this.#insert(change, isOld ? detected : this.#datedNow(detected));
    const isEvent = isInserted && !isOld;
    if (isEvent) await this.#write(change, state, undefined, attribution?.actorId ?? options.actorId);
    if (attribution) await this.#options.pending.keepEffect(change, attribution, state);
    if (!isEvent) return { state, outcome: 'unchanged' };
    return { state, outcome: 'event' };
  }

  /** `isInserted` is false when another process inserted it first. */
  async #insert(
    change: Change,
    dispatch: UnversionedDispatch,
  ): Promise<{ state: DispatchState; isInserted: boolean }> {
    const row = toRow({ ...dispatch, version: 1 });
    const { numInsertedOrUpdatedRows } = await change.query
      .insertInto('dispatches')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return { state: toState(row), isInserted: true };
    const inserted = await change.lockDispatch(row.id);
    return { state: (inserted && readState(inserted)) ?? toState(row), isInserted: false };
  }

  /** Dated by our clock, or like the version before where that is later: a later version is never dated earlier. */
  async #update(
    change: Change,
    dispatch: UnversionedDispatch,
    row: DispatchRow,
    actorId: string,
  ): Promise<DispatchState> {
    const published = readState(row) ?? undefined;
    const { id: _id, version: _version, ...values } = toRow({ ...dispatch, version: row.version });
    const state = await updateRow(change, row, dateOfChange(this.#options.clock, row), values);
    return this.#write(change, state, published, actorId);
  }

  #write(
    change: Change,
    state: DispatchState,
    published: DispatchState | undefined,
    actorId: string,
  ): Promise<DispatchState> {
    const { assignments } = this.#options;
    const previousEstado = published?.estado ?? null;
    return writeEvent(change, state, {
      ...{ changeType: kindOf(state, published), previousEstado, actorId, assignments },
    });
  }

  /** `changedSince` is asked with times of our clock, so what is published is dated by it. */
  #datedNow(dispatch: UnversionedDispatch): UnversionedDispatch {
    return { ...dispatch, fechaActualizacion: storedDate(this.#options.clock.now()) };
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
    const known = await readMetadata(database, baselineKey);
    if (known !== null) return Number(known);
    return Number(await agreeOnMetadata(database, baselineKey, String(await readNewestId())));
  }
}

/** The dispatch as the database will return it: what no database can hold would else look like a change each time it is read. */
const asStored = (dispatch: UnversionedDispatch): UnversionedDispatch => {
  const { version: _version, ...state } = toState(toRow({ ...dispatch, version: 1 }));
  return state;
};
