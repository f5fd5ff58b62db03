/** Dispatches in our own database. */
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { IdQuery, KeptQuery } from '../../db/queries/kept-query.ts';
import { CollectedRead } from '../../db/queries/collected-read.ts';
import { dispatchesOf } from '../../db/queries/dispatches-of.ts';
import { queryByIds, readRowIds } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName } from '../../db/stored-text.ts';
import type { DispatchRow } from '../../db/tables.ts';
import { ClientError, forbidden } from '../../lib/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { Estado } from '../../lib/words/statuses.ts';
import type { AssignmentBook } from './assignments/assignment-book.ts';
import {
  assertFree,
  dateOfChange,
  eventTypes,
  lockDispatch,
  updateRow,
  writeEvent,
  type WrittenChange,
} from './change.ts';
import type {
  ChangedDispatch,
  ChangeOptions,
  DispatchRepository,
  DispatchFilter,
  StatusOptions,
} from './dispatch-repository.ts';
import { dispatchEffectOf, recallDispatch } from './effect.ts';
import { readStoredEvent, type DispatchEvent, type DispatchState } from './events.ts';
import { datesOf, toNewRow, toState, type NewDispatch, type Prioridad } from './row.ts';
import { assertAssignable, assertTransition } from './status.ts';

export interface SqlDispatchRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  /** Assignments begin and end with the changes that are made here. */
  readonly assignments: AssignmentBook;
  /** Whether an ambulance is on one dispatch at a time. */
  readonly exclusiveAmbulances: boolean;
}

/**
 * Every change is one transaction that also writes its event. Changes of one dispatch wait for each other, so its versions
 * have no gap and its events are in their order.
 */
export class SqlDispatchRepository implements DispatchRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: MutationKeys;
  readonly #exclusiveAmbulances: boolean;
  readonly #assignments: AssignmentBook;
  readonly #rowsOf: IdQuery<DispatchRow>;
  readonly #listed: KeptQuery<DispatchRow>;
  /** All dispatches that are asked for at the same time are one query: many clients may reconnect at once. */
  readonly #byId = new CollectedRead<string, DispatchState>((ids) => this.#read(ids));

  constructor({ database, clock, keys, assignments, exclusiveAmbulances }: SqlDispatchRepositoryOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
    this.#assignments = assignments;
    this.#exclusiveAmbulances = exclusiveAmbulances;
    this.#listed = new KeptQuery(database);
    this.#rowsOf = new IdQuery(database, (ids) => dispatchesOf(database, ids).compile());
  }

  create(input: NewDispatch, actorId: string, key: MutationKey | null = null): Promise<DispatchState> {
    return this.#change(key, async (change) => {
      const values = toNewRow(input, storedDate(this.#clock.now()));
      const { id } = await change.query
        .insertInto('dispatches')
        .values(values)
        .returning('id')
        .executeTakeFirstOrThrow();
      const created = toState({ ...values, id } as DispatchRow);
      return this.#write(change, created, 'CREATED', null, actorId);
    });
  }

  assign(
    id: string,
    ambulancia: { readonly id: string; readonly placa: string | null },
    options: ChangeOptions,
  ): Promise<DispatchState> {
    const ambulanciaId = storedName(ambulancia.id);
    const placa = storedName(ambulancia.placa);
    return this.#change(options.key, async (change) => {
      const { row, state } = await lockDispatch(change, id);
      assertVersion(state, options.expectedVersion);
      assertAssignable(state.estado);
      const current = state.ambulancia;
      if (current?.id === ambulanciaId && (placa === null || placa === current.placa)) return state;
      if (this.#exclusiveAmbulances && current?.id !== ambulanciaId)
        await assertFree(change, ambulanciaId, row);
      const at = dateOfChange(this.#clock, row);
      const changed = await updateRow(change, row, at, {
        estado: 'ASIGNADO',
        ambulancia_id: ambulanciaId,
        ambulancia_placa: placa,
        ...datesOf('ASIGNADO', row, at),
      });
      return this.#write(change, changed, 'ASSIGNED', state.estado, options.actorId);
    });
  }

  updateStatus(id: string, estado: Estado, options: StatusOptions): Promise<DispatchState> {
    return this.#change(options.key, async (change) => {
      const { row, state } = await lockDispatch(change, id);
      assertServedBy(state, options.onlyAmbulanciaId);
      assertVersion(state, options.expectedVersion);
      if (state.estado === estado) return state;
      assertTransition(state.estado, estado);
      const at = dateOfChange(this.#clock, row);
      const changed = await updateRow(change, row, at, { estado, ...datesOf(estado, row, at) });
      return this.#write(change, changed, 'STATUS_CHANGED', state.estado, options.actorId);
    });
  }

  async find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    signal?.throwIfAborted();
    return this.#byId.of(ids);
  }

  async list(
    { estado, prioridad }: DispatchFilter,
    limit: number,
    offset: number,
    signal?: AbortSignal,
  ): Promise<DispatchState[]> {
    const filters = [estado, prioridad].filter((word) => word !== null);
    const shape = [estado, prioridad].map((word) => word !== null).join();
    const compile = () =>
      this.#database.query
        .selectFrom('dispatches')
        .selectAll()
        .$if(estado !== null, (query) => query.where('estado', '=', estado!))
        .$if(prioridad !== null, (query) => query.where('prioridad', '=', prioridad!))
        .orderBy('fecha_solicitud', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .compile();
    signal?.throwIfAborted();
    const rows = await this.#listed.execute(shape, [...filters, limit, offset], compile, signal);
    return this.#readable(rows);
  }

  findPublished(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    return this.find(ids, signal);
  }

  async changedSince(sinceMs: number, limit: number): Promise<ChangedDispatch[]> {
    const rows = await this.#database.query
      .selectFrom('dispatches')
      .select(['id', 'prioridad'])
      .where('fecha_actualizacion', '>=', storedDate(sinceMs))
      // In the order of the index, so that no planner walks through all dispatches to find the few that were changed.
      .orderBy('fecha_actualizacion')
      .limit(limit)
      .execute();
    return rows
      .sort((one, other) => one.id - other.id)
      .map(({ id, prioridad }) => ({ id: String(id), prioridad: prioridad as Prioridad }));
  }

  async history(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, DispatchEvent[]>> {
    const types = Object.values(eventTypes);
    const newest = (some: readonly number[]) =>
      this.#database.query
        .with('numbered', (query) =>
          query
            .selectFrom('events')
            .select(({ fn }) => [
              'id',
              'despacho_id',
              'payload',
              fn
                .agg<number>('row_number')
                .over((over) => over.partitionBy('despacho_id').orderBy('id', 'desc'))
                .as('number'),
            ])
            .where('despacho_id', 'in', some)
            .where('type', 'in', types),
        )
        .selectFrom('numbered')
        .select(['id', 'payload'])
        .where('number', '<=', limit)
        .orderBy('id', 'desc')
        .compile();
    const rows = await queryByIds(readRowIds(ids), (some) => this.#database.read(newest(some), signal));
    const events = this.#database.readable('events', rows, { idOf: ({ id }) => id, read: readStoredEvent });
    return Map.groupBy(events, ({ dispatch: { id } }) => id);
  }

  #change(
    key: MutationKey | null | undefined,
    run: (change: Change) => Promise<DispatchState>,
  ): Promise<DispatchState> {
    return this.#keys.change(key ?? null, { run, effectOf: dispatchEffectOf, recall: recallDispatch });
  }

  #write(
    change: Change,
    dispatch: DispatchState,
    changeType: WrittenChange['changeType'],
    previousEstado: Estado | null,
    actorId: string,
  ): Promise<DispatchState> {
    const assignments = this.#assignments;
    return writeEvent(change, dispatch, { changeType, previousEstado, actorId, assignments });
  }

  async #read(ids: readonly string[]): Promise<ReadonlyMap<string, DispatchState>> {
    const rows = await queryByIds(readRowIds(ids), (some) => this.#rowsOf.execute(some));
    const states = new Map<string, DispatchState>();
    for (const state of this.#readable(rows)) states.set(state.id, state);
    return states;
  }

  #readable(rows: readonly DispatchRow[]): DispatchState[] {
    return this.#database.readable('dispatches', rows, { idOf: ({ id }) => id, read: toState });
  }
}

export function assertVersion({ version }: DispatchState, expectedVersion: number | null): void {
  if (expectedVersion === null || expectedVersion === version) return;
  throw new ClientError('CONFLICT', `The dispatch has version ${version}, not ${expectedVersion}.`, {
    version,
  });
}

export function assertServedBy({ ambulancia }: DispatchState, onlyAmbulanciaId: string | null): void {
  if (onlyAmbulanciaId === null || onlyAmbulanciaId === ambulancia?.id) return;
  throw forbidden('The dispatch is not assigned to your ambulance.');
}
