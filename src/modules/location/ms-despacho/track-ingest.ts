/** Takes the positions that are read from MS Despacho, and stores those that are not known here. */
import { sql } from 'kysely';
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { LocationRow } from '../../../db/tables.ts';
import type { Clock } from '../../../lib/clock.ts';
import { msDespachoActor } from '../../../upstreams/ms-despacho.ts';
import type { RemoteDispatch, RemotePosition } from '../../../upstreams/ms-despacho-shapes.ts';
import type { AlertWatch } from '../../alert-watch.ts';
import type { LocationState } from '../events.ts';
import type { NewLocation } from '../location-repository.ts';
import { newestPositions, storePosition } from '../track.ts';
import type { PendingPositions } from './pending-positions.ts';

export interface TrackIngestOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly pending: PendingPositions;
  readonly alerts: AlertWatch;
}

type Point = Pick<LocationState, 'latitud' | 'longitud'>;

/** A position that is stored, as MS Despacho knows it. */
type Known = Pick<LocationRow, 'id' | 'latitud' | 'longitud' | 'velocidad' | 'altitud' | 'precision'> & {
  readonly upstreamAt: string;
};

/** Of a longer track only the newest positions are stored. */
const maxTrackPoints = 1_000;
/** How much later than a position MS Despacho dates the ambulance that it moves, milliseconds: two dates to the second, in one request. */
const ambulanceLagMs = 5_000;
/** Positions of each dispatch among which that of its ambulance is looked for, before all of them are. */
const newestLooked = 20;

export class TrackIngest {
  readonly #options: TrackIngestOptions;

  constructor(options: TrackIngestOptions) {
    this.#options = options;
  }

  /**
   * Stores the positions of dispatches that were read. One that is newer than all that are known becomes an event. Those that are on
   * their way through this service are left to who reports them.
   */
  async ingest(dispatches: readonly RemoteDispatch[]): Promise<void> {
    const { database } = this.#options;
    const ids = dispatches.map(({ state }) => state.id);
    const newest = Map.groupBy(await newestPositions(database, ids, newestLooked), (row) =>
      String(row.despacho_id),
    );
    for (const { state, track, ambulanceAt } of dispatches) {
      const known = (newest.get(state.id) ?? []).map(toKnown);
      const isUnderWay = state.fechaFinalizacion === null;
      // Not sorted by time, which is exact to the second only: a track is in order.
      const points = dedupe(track ?? []).slice(-maxTrackPoints);
      const isSeen = (point: RemotePosition, among: readonly Pick<Known, keyof Point | 'upstreamAt'>[]) =>
        among.some((other) => isAmbulanceAt(point, other));
      const reported = points.map(({ recordedAt, ...point }) => ({ ...point, upstreamAt: recordedAt }));
      const live =
        isUnderWay && ambulanceAt && !isSeen(ambulanceAt, [...known, ...reported]) ? ambulanceAt : null;
      const isNewTrack = points.length > 0 && (await this.#hasNew(state.id, points));
      if (!isNewTrack && !live) continue;
      await this.#store(Number(state.id), {
        points: isNewTrack ? points : [],
        live,
        // When a dispatch is first seen with a whole track, only its last position is an event.
        events: !isUnderWay ? 'none' : known.length === 0 ? 'last' : 'all',
      });
    }
  }

  /** Most reads of a dispatch find nothing new in its track: what that takes to see is one query. */
  async #hasNew(id: string, points: readonly RemotePosition[]): Promise<boolean> {
    const lastAt = points.at(-1)!.recordedAt;
    const { total, ofLast } = await this.#options.database.query
      .selectFrom('locations')
      .select((eb) => [
        eb.fn.countAll().as('total'),
        sql<
          number | null
        >`sum(case when coalesce(upstream_at, recorded_at) >= ${lastAt} then 1 else 0 end)`.as('ofLast'),
      ])
      .where('despacho_id', '=', Number(id))
      .executeTakeFirstOrThrow();
    const found = points.filter(({ recordedAt }) => recordedAt === lastAt).length;
    return Number(total) < points.length || Number(ofLast ?? 0) < found;
  }

  async #store(
    rowId: number,
    {
      points,
      live,
      events,
    }: {
      readonly points: readonly RemotePosition[];
      readonly live: RemotePosition | null;
      readonly events: 'none' | 'last' | 'all';
    },
  ): Promise<void> {
    await this.#options.database.change(async (change) => {
      if (!(await change.lockDispatch(rowId))) return;
      const known = await readKnown(change, rowId);
      const byPlaceAndTime = new Map(known.map((row) => [placeAndTime(row, row.upstreamAt), row]));
      const last = live ?? points.at(-1);
      for (const point of points) {
        const row = byPlaceAndTime.get(placeAndTime(point, point.recordedAt));
        if (row) await fillIn(change, row, point);
        else
          await this.#storeNew(
            change,
            rowId,
            point,
            events === 'all' || (events === 'last' && point === last),
          );
      }
      if (live && !known.some((row) => isAmbulanceAt(live, row)))
        await this.#storeNew(change, rowId, live, events !== 'none');
    });
  }

  async #storeNew(change: Change, rowId: number, point: RemotePosition, mayBeEvent: boolean): Promise<void> {
    const { pending, clock } = this.#options;
    const reported = await pending.recognise(change, rowId, point);
    if (reported === 'inProgress') return;
    const deviceAt = reported?.position.recordedAt ?? null;
    await storePosition(
      change,
      rowId,
      {
        ...(reported ? withMissing(point, reported.position) : point),
        recordedAt: deviceAt ?? point.recordedAt,
        isDated: deviceAt !== null,
        upstreamAt: point.recordedAt,
      },
      {
        actorId: reported?.actorId ?? msDespachoActor,
        of: reported ? 'newest and trail' : mayBeEvent ? 'newest' : 'none',
        alerts: this.#options.alerts,
        now: storedDate(clock.now()),
      },
    );
    if (reported) await pending.end(reported, change.query);
  }
}

/** Earlier releases took the date of MS Despacho for the device's. */
const toKnown = ({ upstream_at, recorded_at, ...row }: Omit<LocationRow, 'is_dated'>): Known => ({
  ...row,
  upstreamAt: upstream_at ?? recorded_at,
});

async function readKnown({ query }: Change, rowId: number): Promise<Known[]> {
  const rows = await query.selectFrom('locations').selectAll().where('despacho_id', '=', rowId).execute();
  return rows.map(toKnown);
}

const placeAndTime = ({ latitud, longitud }: Point, at: string) => `${at} ${latitud} ${longitud}`;

/** Whether an ambulance was seen where it was moved to by a position. */
function isAmbulanceAt(
  { latitud, longitud, recordedAt }: RemotePosition,
  position: Point & { readonly upstreamAt: string },
): boolean {
  if (position.latitud !== latitud || position.longitud !== longitud) return false;
  const lagMs = Date.parse(recordedAt) - Date.parse(position.upstreamAt);
  return lagMs >= 0 && lagMs <= ambulanceLagMs;
}

/** What MS Despacho has no field for is as it was reported. */
function withMissing(point: RemotePosition, reported: NewLocation): NewLocation {
  const known = Object.entries(point).filter(([, value]) => value !== null);
  return { ...reported, ...Object.fromEntries(known) };
}

/** Adds what the track says of a position that was stored as the ambulance's, which has less. */
async function fillIn(change: Change, row: Known, point: RemotePosition): Promise<void> {
  const missing = (['velocidad', 'altitud', 'precision'] as const).filter(
    (name) => point[name] !== null && row[name] === null,
  );
  if (missing.length === 0) return;
  await change.query
    .updateTable('locations')
    .set(Object.fromEntries(missing.map((name) => [name, point[name]])))
    .where('id', '=', row.id)
    .execute();
}

function dedupe(points: readonly RemotePosition[]): RemotePosition[] {
  const byPlaceAndTime = new Map<string, RemotePosition>();
  for (const point of points) {
    const key = placeAndTime(point, point.recordedAt);
    if (!byPlaceAndTime.has(key)) byPlaceAndTime.set(key, point);
  }
  return [...byPlaceAndTime.values()];
}
