/** Positions of dispatches that live in MS Despacho: reported there, and stored here as far as this service learns of them. */
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import type { MutationKeys } from '../../../db/mutations/mutation-keys.ts';
import type { RemoteMutations, Send } from '../../../db/mutations/remote-mutations.ts';
import { queryByIds, readRowIds } from '../../../db/row-id.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedText } from '../../../db/stored-text.ts';
import type { LocationRow } from '../../../db/tables.ts';
import { notFound } from '../../../lib/errors.ts';
import type { MutationKey } from '../../../lib/mutation-key.ts';
import type { Clock } from '../../../lib/clock.ts';
import { msDespachoActor, type MsDespacho } from '../../../upstreams/ms-despacho.ts';
import type { RemoteDispatch, RemotePosition } from '../../../upstreams/ms-despacho-shapes.ts';
import { locationTopic, type LocationEvent, type LocationState } from '../events.ts';
import type {
  LocationRepository,
  NewLocation,
  StoredLocation,
  ReportOptions,
} from '../location-repository.ts';
import { assertMayReport, toLatest, toTracks, type ReportedDispatch } from '../row.ts';

export interface MsDespachoLocationRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly client: MsDespacho;
  readonly mutations: RemoteMutations;
  readonly keys: MutationKeys;
  /** Reads a dispatch in full, with its track, which comes back by `ingestTrack`. */
  readonly readTrack: (id: string) => Promise<unknown>;
  /** The dispatch as it was last published, or else as MS Despacho has it; null when there is none. */
  readonly readDispatch: (id: string) => Promise<ReportedDispatch | null>;
}

type Point = Pick<LocationState, 'latitud' | 'longitud'>;

/** Of a longer track only the newest positions are stored. */
const maxTrackPoints = 1_000;

/**
 * MS Despacho shows the track of one dispatch at a time, which is too slow for lists. So positions are read from our own
 * database, which has what was reported through this service, the tracks of dispatches that were read in full, and where
 * the poller saw the ambulances.
 *
 * MS Despacho dates positions itself and has no field for the course: `recordedAt` is its time, `rumbo` is stored here only.
 */
export class MsDespachoLocationRepository implements LocationRepository {
  readonly #options: MsDespachoLocationRepositoryOptions;

  constructor(options: MsDespachoLocationRepositoryOptions) {
    this.#options = options;
  }

  async report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<StoredLocation> {
    const { mutations } = this.#options;
    const { key = null } = options;
    return mutations.run<StoredLocation, StoredLocation>(key, {
      run: (send) => this.#report(despachoId, input, options, send),
      effectOf: (stored) => stored,
      recall: (stored) => Promise.resolve(stored),
      look: () => this.#lookFor(despachoId, input, key!),
    });
  }

  async #report(
    despachoId: string,
    input: NewLocation,
    { actorId, onlyAmbulanciaId, key = null }: ReportOptions,
    send: Send,
  ): Promise<StoredLocation> {
    const { client, readDispatch, keys } = this.#options;
    const dispatch = await readDispatch(despachoId);
    if (!dispatch) throw notFound('dispatch', despachoId);
    assertMayReport(dispatch, onlyAmbulanciaId);
    const { recordedAt: _recordedAt, rumbo, ...measured } = input;
    const reported = await send(() => client.report(despachoId, measured));
    if (!reported) throw notFound('dispatch', despachoId);
    const location = { ...reported, rumbo };
    return this.#options.database.change(async (change) => {
      await change.lockDispatch(Number(despachoId));
      const stored = await this.#store(change, despachoId, location, actorId, true);
      const shown = stored ?? { sequence: 0, location, timestamp: storedDate(this.#options.clock.now()) };
      if (key) await keys.keep(key.id, shown, change.query);
      return shown;
    });
  }

  /** Whether MS Despacho has taken a position shows in the track: it is there, and was not before the mutation began. */
  async #lookFor(despachoId: string, { latitud, longitud }: NewLocation, key: MutationKey): Promise<void> {
    const { readTrack, keys } = this.#options;
    await readTrack(despachoId);
    const begunAt = await keys.begunAt(key);
    if (begunAt === null) return;
    const stored = (await this.#newest([despachoId], maxTrackPoints)).find(
      (row) => row.at >= begunAt && isSamePoint(row, { latitud, longitud }),
    );
    if (stored) await keys.keep(key.id, [...toLatest([stored]).values()][0]);
  }

  async latest(ids: readonly string[]): Promise<ReadonlyMap<string, StoredLocation>> {
    return toLatest(await this.#newest(ids, 1));
  }

  async track(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, LocationState[]>> {
    return toTracks(await this.#newest(ids, limit));
  }

  /** Stores the positions of dispatches that were read. A position that is newer than all known ones becomes an event. */
  async ingestTrack(dispatches: readonly RemoteDispatch[]): Promise<void> {
    const latest = await this.latest(dispatches.map(({ state }) => state.id));
    for (const { state, track, ambulanceAt } of dispatches) {
      const knownUpTo = latest.get(state.id)?.location.recordedAt ?? '';
      const isUnderWay = state.fechaFinalizacion === null;
      const live = isUnderWay && ambulanceAt && ambulanceAt.recordedAt > knownUpTo ? [ambulanceAt] : [];
      // Not sorted by time, which is exact to the second only: a track is in order, and the ambulance's position is the last.
      const points = dedupe([...(track ?? []), ...live]).slice(-maxTrackPoints);
      if (points.length === 0 || (track !== null && !(await this.#hasNewPoints(state.id, points)))) continue;
      await this.#options.database.change(async (change) => {
        if (!(await change.lockDispatch(Number(state.id)))) return;
        for (const point of points) {
          // When a dispatch is first seen with a whole track, only its last position is an event.
          const mayBeEvent = isUnderWay && (knownUpTo !== '' || point === points.at(-1));
          await this.#store(change, state.id, point, msDespachoActor, mayBeEvent);
        }
      });
    }
  }

  /** Most reads of a dispatch find nothing new in its track. */
  async #hasNewPoints(despachoId: string, points: readonly RemotePosition[]): Promise<boolean> {
    const { count } = await this.#options.database.query
      .selectFrom('locations')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('despacho_id', '=', Number(despachoId))
      .executeTakeFirstOrThrow();
    if (Number(count) < points.length) return true;
    const latest = (await this.latest([despachoId])).get(despachoId);
    return latest === undefined || points.at(-1)!.recordedAt > latest.location.recordedAt;
  }

  /** Writes a position that is not known yet, and an event if it may be one and is the newest. Resolves with null when it is known. */
  async #store(
    change: Change,
    despachoId: string,
    location: LocationState,
    actorId: string,
    mayBeEvent: boolean,
  ): Promise<StoredLocation | null> {
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
    if (mayBeEvent && !newer) {
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

/** MS Despacho has eight digits behind the point. */
const isSamePoint = (a: Point, b: Point) =>
  a.latitud.toFixed(8) === b.latitud.toFixed(8) && a.longitud.toFixed(8) === b.longitud.toFixed(8);

/** Adds what the track says of a position that was stored as the ambulance's, which has less. */
async function fillIn(
  change: Change,
  rowId: number,
  { velocidad, altitud, precision }: Pick<LocationState, 'velocidad' | 'altitud' | 'precision'>,
): Promise<void> {
  const known = Object.entries({ velocidad, altitud, precision }).filter(([, value]) => value !== null);
  if (known.length === 0) return;
  await change.query
    .updateTable('locations')
    .set(Object.fromEntries(known))
    .where('id', '=', rowId)
    .execute();
}

function dedupe(points: readonly RemotePosition[]): RemotePosition[] {
  const byPlaceAndTime = new Map<string, RemotePosition>();
  for (const point of points) {
    const key = `${point.recordedAt} ${point.latitud} ${point.longitud}`;
    if (!byPlaceAndTime.has(key)) byPlaceAndTime.set(key, point);
  }
  return [...byPlaceAndTime.values()];
}
