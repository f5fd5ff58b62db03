/** An embedded database with more dispatches and messages than any snapshot shows, as after a long day. */
import { sql } from 'kysely';
import type { Database } from '../../../src/db/database.ts';
import { openSqlite } from '../../../src/db/sqlite/sqlite.ts';
import { storedDate } from '../../../src/db/stored-date.ts';

const minuteMs = 60_000;

export const rows = 150_000;
/** So many were changed in the last hour, which is fewer than a snapshot may show… */
export const recentRows = 9_900;
/** …and so many more in the hours before, which are together more than that. */
const earlierRows = 20_000;

export async function fillFolder(folder: string): Promise<void> {
  const database = await openSqlite({ folder });
  await fillDatabase(database);
  await database.close();
}

export async function fillDatabase(database: Database): Promise<void> {
  const now = Date.now();
  // What has changed stands all over the table, as it does in truth.
  const numbers = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${sql.lit(rows)})`;
  const at = sql`case when (i * 7919) % ${sql.lit(rows)} < ${sql.lit(recentRows)} then ${storedDate(now - 30 * minuteMs)}
    when (i * 7919) % ${sql.lit(rows)} < ${sql.lit(recentRows + earlierRows)} then ${storedDate(now - 600 * minuteMs)}
    else ${storedDate(now - 100_000 * minuteMs)} end`;
  await sql`insert into dispatches (estado, prioridad, incidente, origen_latitud, origen_longitud, observaciones,
      fecha_solicitud, fecha_actualizacion, version)
    ${numbers}
    select case when i % 1000 = 0 then 'EN_CAMINO' else 'PENDIENTE' end, case when i % 997 = 0 then 'CRITICA' else 'MEDIA' end,
      'OTRO', -16.5, -68.15, 'No hay nada que decir de este despacho, salvo que tiene el largo que suelen tener.',
      ${storedDate(now - 100_000 * minuteMs)}, ${at}, 1 from n`.execute(database.query);
  await sql`insert into messages (channel, message, sender_id, at)
    ${numbers}
    select 'general', 'Un mensaje como cualquier otro, que nadie ha de recordar.', 'ana', ${at} from n`.execute(
    database.query,
  );
}
