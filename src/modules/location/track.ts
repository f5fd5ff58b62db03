/** The track of a dispatch: its positions in the order in which they were measured, whenever they arrived. */
import { sql, type CompiledQuery } from 'kysely';
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import { orderOf } from '../../db/queries/position-order.ts';
import { queryByIds, readRowIds } from '../../db/row-id.ts';
import { storedName } from '../../db/stored-text.ts';
import type { LocationRow } from '../../db/tables.ts';
import { cellsOfMove, type Move } from '../../lib/areas/cells.ts';
import type { Coordinates } from '../../lib/geo.ts';
import { cellTopicKey, locationTopic, type LocationEvent } from './events.ts';
import type { NewLocation, ReportOutcome } from './location-repository.ts';
import type { AlertWatch } from '../alert-watch.ts';
import { toStored } from './row.ts';

/** A position that is about to be stored. */
export interface TrackPoint extends NewLocation {
  /** Whether its date is that of its device. */
  readonly isDated: boolean;
  /** When MS Despacho received it, by its clock; null where it is not there. */
  readonly upstreamAt: string | null;
}

/** What follows from a position, and what is told of it. */
export interface TrackEvents {
  readonly actorId: string;
  /** `trail`: those that are older than others are in the audit trail alone. */
  readonly of: 'newest' | 'newest and trail' | 'none';
  readonly alerts: AlertWatch;
}

/** The newest positions of each dispatch, newest first, at most `limit` of each. `signal`: see `Database.read`. */
export function newestPositions(
  database: Pick<Database, 'query' | 'kind' | 'read'>,
  ids: readonly string[],
  limit: number,
  signal?: AbortSignal,
): Promise<LocationRow[]> {
  const { query, kind } = database;
  return queryByIds(readRowIds(ids), async (some) => {
    if (kind === 'postgres') return database.read(newestByLateralJoin(query, some, limit), signal);
    const rows = await database.read(newestBySecondLook(query, some, limit), signal);
    return [...Map.groupBy(rows, (row) => row.despacho_id).values()].flatMap((track) =>
      track.slice(0, limit),
    );
  });
}

type Query = Database['query'];

/** PostgreSQL takes so many of each from the index. */
function newestByLateralJoin(
  query: Query,
  rowIds: readonly number[],
  limit: number,
): CompiledQuery<LocationRow> {
  return query
    .selectFrom('dispatches')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('locations')
          .selectAll()
          .whereRef('locations.despacho_id', '=', 'dispatches.id')
          .orderBy(orderOf('postgres', 'locations'), 'desc')
          .orderBy('locations.id', 'desc')
          .limit(limit)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .where('dispatches.id', 'in', rowIds)
    .selectAll('newest')
    .orderBy('newest.despacho_id')
    .orderBy(orderOf('postgres', 'newest'), 'desc')
    .orderBy('newest.id', 'desc')
    .compile();
}

/**
 * SQLite has no such join: it looks where the newest of each dispatch begin, then reads from there on. So it reads no more than it
 * returns, but for those of the same time: of these there may be more than `limit`.
 */
function newestBySecondLook(
  query: Query,
  rowIds: readonly number[],
  limit: number,
): CompiledQuery<LocationRow> {
  const [older, order] = [orderOf('sqlite', 'older'), orderOf('sqlite', 'locations')];
  return query
    .with(
      (cte) => cte('starts').materialized(),
      (starts) =>
        starts
          .selectFrom('dispatches')
          .where('dispatches.id', 'in', rowIds)
          .select((eb) => [
            'dispatches.id as despacho_id',
            eb.fn
              .coalesce(
                eb
                  .selectFrom('locations as older')
                  .select(older.as('first'))
                  .whereRef('older.despacho_id', '=', 'dispatches.id')
                  .orderBy(older, 'desc')
                  .orderBy('older.id', 'desc')
                  .limit(1)
                  .offset(limit - 1),
                sql.lit(''),
              )
              .as('first'),
          ]),
    )
    .selectFrom('starts')
    .innerJoin('locations', (join) =>
      join.onRef('locations.despacho_id', '=', 'starts.despacho_id').on(order, '>=', sql.ref('starts.first')),
    )
    .selectAll('locations')
    .orderBy('locations.despacho_id')
    .orderBy(order, 'desc')
    .orderBy('locations.id', 'desc')
    .compile();
}

/** The position that is the same as this one: of the same dispatch and place, and with the same date by its device. */
export async function findSame(
  query: Database['query'],
  rowId: number,
  { recordedAt, latitud, longitud }: Pick<NewLocation, 'recordedAt' | 'latitud' | 'longitud'>,
): Promise<LocationRow | undefined> {
  if (recordedAt === null) return undefined;
  const rows = await query
    .selectFrom('locations')
    .selectAll()
    .where('despacho_id', '=', rowId)
    .where('recorded_at', '=', recordedAt)
    .where('latitud', '=', latitud)
    .where('longitud', '=', longitud)
    .execute();
  // Where nobody noted who dated it, a date that is not that of its arrival is the device's.
  return rows.find((row) => (row.is_dated === null ? row.recorded_at !== row.at : row.is_dated === 1));
}

/**
 * Stores a position in its place, and the event that tells of it. The dispatch must be locked: so positions of one dispatch arrive
 * one after the other, `at` never goes back between them, even where a clock does, and only the newest is in its stream.
 */
export async function storePosition(
  change: Change,
  rowId: number,
  { recordedAt, isDated, upstreamAt, ...measured }: TrackPoint,
  { now, ...events }: TrackEvents & { readonly now: string },
): Promise<{ row: LocationRow; outcome: Exclude<ReportOutcome, 'repeated'> }> {
  const { last, newest, estado, ...before } = await readEnds(change, rowId);
  const at = last !== null && last > now ? last : now;
  const row = await change.query
    .insertInto('locations')
    .values({
      ...measured,
      despacho_id: rowId,
      recorded_at: recordedAt ?? at,
      at,
      is_dated: isDated ? 1 : 0,
      upstream_at: upstreamAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const order = row.recorded_at < at ? row.recorded_at : at;
  const outcome = newest === null || order >= newest ? 'newest' : 'older';
  if (outcome === 'newest') await events.alerts.onPosition(change, rowId, { measuredAt: order, now: at });
  if (events.of === 'newest and trail' || (events.of === 'newest' && outcome === 'newest'))
    await writeEvent(
      change,
      row,
      storedName(events.actorId),
      outcome === 'newest' ? wayTo(row, before) : null,
      estado,
    );
  return { row, outcome };
}

interface Ends {
  /** When the last position arrived. */
  readonly last: string | null;
  /** What the newest one is ordered by, and where it is. */
  readonly newest: string | null;
  readonly latitud: number | null;
  readonly longitud: number | null;
  /** Of the dispatch. */
  readonly estado: string | null;
}

/** Null where there is no position yet. */
async function readEnds({ query, kind }: Change, rowId: number): Promise<Ends> {
  const of = query.selectFrom('locations').where('despacho_id', '=', rowId).limit(1);
  const order = orderOf(kind, 'locations');
  const newest = of.orderBy(order, 'desc').orderBy('id', 'desc');
  return query
    .selectNoFrom([
      of.select('at').orderBy('id', 'desc').as('last'),
      newest.select(order.as('order')).as('newest'),
      newest.select('latitud').as('latitud'),
      newest.select('longitud').as('longitud'),
      query.selectFrom('dispatches').where('id', '=', rowId).select('estado').as('estado'),
    ])
    .executeTakeFirstOrThrow();
}

/** How an ambulance came to its newest position. */
interface Way extends Move {
  readonly from: Coordinates | null;
}

function wayTo(to: Coordinates, { latitud, longitud }: Pick<Ends, 'latitud' | 'longitud'>): Way {
  const from = latitud === null || longitud === null ? null : { latitud, longitud };
  return { from, ...cellsOfMove(from, to) };
}

/** `way`: null where the position is not the newest, and goes to the audit trail alone. */
async function writeEvent(
  change: Change,
  row: LocationRow,
  actorId: string,
  way: Way | null,
  estado: string | null,
): Promise<void> {
  const { sequence, location, timestamp } = toStored(row);
  const despachoId = String(row.despacho_id);
  const about = { sequence, despachoId, location, actorId, timestamp };
  const payload: LocationEvent = way
    ? { ...about, from: way.from, isJump: way.isJump, ...(estado !== null && { estado }) }
    : about;
  const topics = way ? [locationTopic(despachoId).key, ...way.cells.map(cellTopicKey)] : [];
  const type = 'location.reported';
  await change.writeEvent({ type, despachoId: row.despacho_id, actorId, at: timestamp, topics, payload });
}
