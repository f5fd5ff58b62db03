/** Owns the positions of dispatches that live in MS Despacho: reported there, and kept here as far as they became known. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { queryByIds, readRowIds } from '../../../db/row-id.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedText } from '../../../db/stored-text.ts';
import type { LocationRow } from '../../../db/tables.ts';
import { ClientError, forbidden, notFound } from '../../../lib/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import { msDespachoActor, type MsDespacho } from '../../../upstreams/ms-despacho.ts';
import type { RemoteDispatch, RemotePosition } from '../../../upstreams/ms-despacho-shapes.ts';
import { locationTopic, type LocationEvent, type LocationState } from '../events.ts';
import type {
  LocationRepository,
  NewLocation,
  RecordedLocation,
  ReportOptions,
} from '../location-repository.ts';

/** What is asked of a dispatch before a position of it is taken. */
export interface ReportedDispatch {
  readonly estado: string;
  readonly fechaFinalizacion: string | null;
  readonly ambulancia: { readonly id: string } | null;
}

export interface RemoteLocationsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly client: MsDespacho;
  /** The dispatch as it was last told; read where it is not known yet, null when there is none. */
  readonly readDispatch: (id: string) => Promise<ReportedDispatch | null>;
}

/** Of a track that is longer the older positions are not taken over. */
const maxTrackPoints = 1_000;

/**
 * MS Despacho shows tracks one dispatch at a time, so a list of dispatches has those that became known here: what was
 * reported through this service, what a dispatch that was read in full told, and where the poller saw the ambulance.
 *
 * MS Despacho dates positions itself, and has no course: `recordedAt` is its time, `rumbo` is kept here alone.
 */
export class MsDespachoLocationRepository implements LocationRepository {
  readonly #options: RemoteLocationsOptions;

  constructor(options: RemoteLocationsOptions) {
    this.#options = options;
  }

  async report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<RecordedLocation> {
    const { client, readDispatch } = this.#options;
    const dispatch = await readDispatch(despachoId);
    if (!dispatch) throw notFound('dispatch', despachoId);
    assertMayReport(dispatch, options.onlyAmbulanciaId);
    const { recordedAt: _recordedAt, rumbo, ...measured } = input;
    const taken = await client.report(despachoId, measured);
    if (!taken) throw notFound('dispatch', despachoId);
    const location = { ...taken, rumbo };
    const recorded = await this.#options.database.change(async (change) => {
      await change.lockDispatch(Number(despachoId));
      return this.#take(change, despachoId, location, options.actorId, true);
    });
    return recorded ?? { sequence: 0, location, timestamp: storedDate(this.#options.clock.now()) };
  }

  async latest(ids: readonly string[]): Promise<ReadonlyMap<string, RecordedLocation>> {
    const rows = await this.#newest(ids, 1);
    return new Map(
      rows.map((row) => [
        String(row.despacho_id),
        { sequence: row.id, location: toState(row), timestamp: row.at },
      ]),
    );
  }

  async track(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, LocationState[]>> {
    const byDispatch = Map.groupBy(await this.#newest(ids, limit), (row) => String(row.despacho_id));
    return new Map([...byDispatch].map(([id, some]) => [id, some.map(toState)]));
  }

  /** Takes over what dispatches that were read tell of their positions. What is newer than all that was known is an event. */
  async ingestTrack(found: readonly RemoteDispatch[]): Promise<void> {
    const latest = await this.latest(found.map(({ state }) => state.id));
    for (const { state, track, ambulanceAt } of found) {
      const knownUpTo = latest.get(state.id)?.location.recordedAt ?? '';
      const isUnderWay = state.fechaFinalizacion === null;
      const live = isUnderWay && ambulanceAt && ambulanceAt.recordedAt > knownUpTo ? [ambulanceAt] : [];
      // By their order: a track is dated by the second, and its last point is where the ambulance was seen.
      const points = dedupe([...(track ?? []), ...live]).slice(-maxTrackPoints);
      if (points.length === 0 || (track !== null && !(await this.#hasNews(state.id, points)))) continue;
      await this.#options.database.change(async (change) => {
        if (!(await change.lockDispatch(Number(state.id)))) return;
        for (const point of points) {
          // Of a dispatch that comes to light with a whole track, the last position alone is news.
          const isNews = isUnderWay && (knownUpTo !== '' || point === points.at(-1));
          await this.#take(change, state.id, point, msDespachoActor, isNews);
        }
      });
    }
  }

  /** Most reads of a dispatch tell nothing new of its track. */
  async #hasNews(despachoId: string, points: readonly RemotePosition[]): Promise<boolean> {
    const { count } = await this.#options.database.query
      .selectFrom('locations')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('despacho_id', '=', Number(despachoId))
      .executeTakeFirstOrThrow();
    if (Number(count) < points.length) return true;
    const latest = (await this.latest([despachoId])).get(despachoId);
    return latest === undefined || points.at(-1)!.recordedAt > latest.location.recordedAt;
  }

  /** Writes a position that is not known yet, and its event when it is the newest. Resolves with null when it is known. */
  async #take(
    change: Change,
    despachoId: string,
    location: LocationState,
    actorId: string,
    isNews: boolean,
  ): Promise<RecordedLocation | null> {
    const { recordedAt, ...measured } = location;
    const rowId = Number(despachoId);
    const known = await change.query
      .selectFrom('locations')
      .select('id')
      .where('despacho_id', '=', rowId)
      .where('recorded_at', '=', recordedAt)
      .where('latitud', '=', location.latitud)
      .where('longitud', '=', location.longitud)
      .executeTakeFirst();
    if (known) {
      await fillIn(change, known.id, measured);
      return null;
    }
    const newer = await change.query
      .selectFrom('locations')
      .select('id')
      .where('despacho_id', '=', rowId)
      .where('recorded_at', '>', recordedAt)
      .limit(1)
      .executeTakeFirst();
    const timestamp = storedDate(this.#options.clock.now());
    const { id: sequence } = await change.query
      .insertInto('locations')
      .values({ ...measured, despacho_id: rowId, recorded_at: recordedAt, at: timestamp })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (isNews && !newer) {
      const actor = storedText(actorId);
      const payload: LocationEvent = { sequence, despachoId, location, actorId: actor, timestamp };
      const topics = [locationTopic(despachoId).key];
      const type = 'location.reported';
      await change.writeEvent({ type, despachoId: rowId, actorId: actor, at: timestamp, topics, payload });
    }
    return { sequence, location, timestamp };
  }

  #newest(ids: readonly string[], limit: number): Promise<LocationRow[]> {
    return queryByIds(readRowIds(ids), (some) =>
      this.#options.database.query
        .with('numbered', (query) =>
          query
            .selectFrom('locations')
            .selectAll()
            .select(({ fn }) =>
              fn
                .agg<number>('row_number')
                .over((over) =>
                  over.partitionBy('despacho_id').orderBy('recorded_at', 'desc').orderBy('id', 'desc'),
                )
                .as('number'),
            )
            .where('despacho_id', 'in', some),
        )
        .selectFrom('numbered')
        .selectAll()
        .where('number', '<=', limit)
        .orderBy('recorded_at', 'desc')
        .orderBy('id', 'desc')
        .execute(),
    );
  }
}

function assertMayReport(dispatch: ReportedDispatch, onlyAmbulanciaId: string | null): void {
  if (onlyAmbulanciaId !== null && onlyAmbulanciaId !== dispatch.ambulancia?.id)
    throw forbidden('The dispatch is not assigned to your ambulance.');
  if (dispatch.fechaFinalizacion !== null)
    throw new ClientError('INVALID_TRANSITION', `The dispatch has ended: it is ${dispatch.estado}.`, {
      allowed: [],
    });
}

/** The track says more of a position than the ambulance did when it was there. */
async function fillIn(
  change: Change,
  rowId: number,
  { velocidad, altitud, precision }: Pick<LocationState, 'velocidad' | 'altitud' | 'precision'>,
): Promise<void> {
  const said = Object.entries({ velocidad, altitud, precision }).filter(([, value]) => value !== null);
  if (said.length === 0) return;
  await change.query.updateTable('locations').set(Object.fromEntries(said)).where('id', '=', rowId).execute();
}

function dedupe(points: readonly RemotePosition[]): RemotePosition[] {
  const byPlaceAndTime = new Map<string, RemotePosition>();
  for (const point of points) {
    const key = `${point.recordedAt} ${point.latitud} ${point.longitud}`;
    if (!byPlaceAndTime.has(key)) byPlaceAndTime.set(key, point);
  }
  return [...byPlaceAndTime.values()];
}

function toState(row: LocationRow): LocationState {
  return {
    latitud: row.latitud,
    longitud: row.longitud,
    altitud: row.altitud,
    velocidad: row.velocidad,
    rumbo: row.rumbo,
    precision: row.precision,
    recordedAt: row.recorded_at,
  };
}
