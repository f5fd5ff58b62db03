/** Fills a database with so many dispatches, events, positions, messages and idempotency keys as years of work leave. */
import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { storedDate } from '../../src/db/stored-date.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Of each table so many rows are older than they are kept, and to be deleted. */
export const expiredRows = 5_000;
/** So many dispatches were changed in the last hour, whatever there is besides. */
const recentRows = 500;

/** Rows per statement: one for all would keep the whole of it in memory. */
const chunkRows = 100_000;

/** Which rows of a chunk get which date. Rows come in the order of their dates, as they do when they are written. */
interface Chunk {
  readonly from: number;
  readonly rows: number;
}

/** The first rows of all are expired, the last ones of this hour, and all others lie between, each chunk later than the one before. */
function dateOf({ from, rows }: Chunk, keptDays: number): RawBuilder<string> {
  const now = Date.now();
  const date = (ms: number) => sql.lit(storedDate(ms));
  const left = 1 - from / rows;
  return sql`case when i <= ${sql.lit(expiredRows)} then ${date(now - 2 * keptDays * dayMs)}
    when i > ${sql.lit(rows - recentRows)} then ${date(now - hourMs / 2)}
    else ${date(now - 2 * hourMs - left * 0.9 * keptDays * dayMs)} end`;
}

export async function fill(database: Database, rows: number): Promise<void> {
  for (let from = 1; from <= rows; from += chunkRows) {
    const to = Math.min(rows, from + chunkRows - 1);
    const numbers = sql`with recursive n (i) as (select ${sql.lit(from)} union all select i + 1 from n where i < ${sql.lit(to)})`;
    for (const statement of statements(database, numbers, { from, rows }))
      await statement.execute(database.query);
  }
  await sql`analyze`.execute(database.query);
}

function statements(database: Database, numbers: RawBuilder<unknown>, chunk: Chunk): RawBuilder<unknown>[] {
  const later = sql.lit(storedDate(Date.now() + dayMs / 2));
  const text = (value: RawBuilder<unknown>) =>
    database.kind === 'sqlite' ? sql`cast(${value} as text)` : sql`${value}::text`;
  return [
    sql`insert into dispatches (estado, prioridad, incidente, origen_latitud, origen_longitud, observaciones,
        fecha_solicitud, fecha_actualizacion, version) ${numbers}
      select case when i % 1000 = 0 then 'EN_CAMINO' else 'COMPLETADO' end, case when i % 997 = 0 then 'CRITICA' else 'MEDIA' end,
        'OTRO', -16.5, -68.15, 'Un despacho como cualquier otro.', ${dateOf(chunk, 300)}, ${dateOf(chunk, 300)}, 1 from n`,
    sql`insert into events (type, despacho_id, actor_id, at, topics, payload, relayed_at) ${numbers}
      select 'dispatch.created', i, 'user-' || (i % 500), ${dateOf(chunk, 30)}, '["dispatches"]',
        '{"changeType":"CREATED","actorId":"ana","previousEstado":null,"timestamp":"2026-01-01T00:00:00.000Z","dispatch":{}}',
        '2026-01-01T00:00:00.000Z' from n`,
    sql`insert into locations (despacho_id, latitud, longitud, recorded_at, at) ${numbers}
      select 1 + i % ${sql.lit(Math.ceil(chunk.rows / 100))}, -16.5, -68.15, ${dateOf(chunk, 90)}, ${dateOf(chunk, 90)} from n`,
    sql`insert into messages (channel, message, sender_id, at) ${numbers}
      select 'channel-' || (i % 50), 'Un mensaje como cualquier otro.', 'ana', ${dateOf(chunk, 365)} from n`,
    // Digests of 43 characters, and an effect of the usual length.
    sql`insert into mutation_keys (id, content, effect, until, expires_at) ${numbers}
      select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' || substr('00000000' || ${text(sql`((cast(i as bigint) * 7919) % 100000000)`)}, -8),
        'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '{"dispatchId":1234567,"version":1}', null,
        ${later} from n`,
  ];
}
