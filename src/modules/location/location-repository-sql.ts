/** Positions in our own database. */
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { queryByIds, readRowId, readRowIds } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedText } from '../../db/stored-text.ts';
import type { DispatchRow, LocationRow } from '../../db/tables.ts';
import { notFound } from '../../lib/errors.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { locationTopic, type LocationEvent, type LocationState } from './events.ts';
import type {
  LocationRepository,
  NewLocation,
  StoredLocation,
  ReportOptions,
} from './location-repository.ts';
import { assertMayReport, toLatest, toTracks } from './row.ts';

/** A position is its own effect: it never changes, and is no larger than what would lead to it. */
const keptWhole = {
  effectOf: (stored: StoredLocation) => stored,
  recall: (stored: StoredLocation) => Promise.resolve(stored),
};

export class SqlLocationRepository implements LocationRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: MutationKeys;

  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = new MutationKeys(database, clock);
  }

  report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<StoredLocation> {
    const run = async (change: Change): Promise<StoredLocation> => {
      const row = await lockForReport(change, despachoId, options.onlyAmbulanciaId);
      const timestamp = storedDate(this.#clock.now());
      const location: LocationState = { ...input, recordedAt: input.recordedAt ?? timestamp };
      const { recordedAt, ...measured } = location;
      const { id: sequence } = await change.query
        .insertInto('locations')
        .values({ ...measured, despacho_id: row.id, recorded_at: recordedAt, at: timestamp })
        .returning('id')
        .executeTakeFirstOrThrow();
      const actorId = storedText(options.actorId);
      const payload: LocationEvent = { sequence, despachoId, location, actorId, timestamp };
      await change.writeEvent({
        type: 'location.reported',
        despachoId: row.id,
        actorId,
        at: timestamp,
        topics: [locationTopic(despachoId).key],
        payload,
      });
      return { sequence, location, timestamp };
    };
    return this.#keys.change(options.key ?? null, { run, ...keptWhole });
  }

  async latest(ids: readonly string[]): Promise<ReadonlyMap<string, StoredLocation>> {
    return toLatest(await this.#newest(ids, 1));
  }

  async track(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, LocationState[]>> {
    return toTracks(await this.#newest(ids, limit));
  }

  /** Reads no more rows than it returns: first the id at which each dispatch's newest positions begin, then the positions from there on. */
  #newest(ids: readonly string[], limit: number): Promise<LocationRow[]> {
    return queryByIds(readRowIds(ids), (some) =>
      this.#database.query
        .with(
          (cte) => cte('starts').materialized(),
          (query) =>
            query
              .selectFrom('dispatches')
              .where('dispatches.id', 'in', some)
              .select((eb) => [
                'dispatches.id as despacho_id',
                eb.fn
                  .coalesce(
                    eb
                      .selectFrom('locations as older')
                      .select('older.id')
                      .whereRef('older.despacho_id', '=', 'dispatches.id')
                      .orderBy('older.id', 'desc')
                      .limit(1)
                      .offset(limit - 1),
                    eb.lit(0),
                  )
                  .as('first'),
              ]),
        )
        .selectFrom('starts')
        .innerJoin('locations', (join) =>
          join
            .onRef('locations.despacho_id', '=', 'starts.despacho_id')
            .onRef('locations.id', '>=', 'starts.first'),
        )
        .selectAll('locations')
        .orderBy('locations.id', 'desc')
        .execute(),
    );
  }
}

async function lockForReport(
  change: Change,
  id: string,
  onlyAmbulanciaId: string | null,
): Promise<DispatchRow> {
  const rowId = readRowId(id);
  const row = rowId === undefined ? undefined : await change.lockDispatch(rowId);
  if (!row) throw notFound('dispatch', id);
  const { estado, fecha_finalizacion, ambulancia_id } = row;
  assertMayReport(
    { estado, fechaFinalizacion: fecha_finalizacion, ambulancia: { id: ambulancia_id } },
    onlyAmbulanciaId,
  );
  return row;
}
