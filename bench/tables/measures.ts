/** What is measured of a database with many rows, each by its name. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { deleteOlder } from '../../src/db/retention.ts';
import { storedDate } from '../../src/db/stored-date.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { noLimits } from '../../src/modules/alert/limits.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { noAnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import { SqlDispatchRepository } from '../../src/modules/dispatch/dispatch-repository-sql.ts';
import { SqlMessageRepository } from '../../src/modules/message/message-repository-sql.ts';
import { quantile } from '../report/quantile.ts';
import { expiredRows } from './fill.ts';
import type { Scene } from './scene.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const times = 15;

/** By their names, milliseconds, or bytes where the name says so. */
export type Figures = Map<string, number>;

const list = 'id estado prioridad fechaSolicitud version';

/** Queries that clients send, with their names in the table. */
const queries: readonly (readonly [string, string])[] = [
  ['list of 50', `{ despachos { ${list} } }`],
  ['list by `estado`', `{ despachos(estado: EN_CAMINO) { ${list} } }`],
  ['list by `estado` and `prioridad`', `{ despachos(estado: EN_CAMINO, prioridad: CRITICA) { ${list} } }`],
  ['list from 5,000 on (`offset`)', `{ despachos(offset: 5000) { ${list} } }`],
  [
    'one dispatch, with its track and history',
    '{ dispatch(id: "77") { id rastreo { latitud } historial { changeType } } }',
  ],
  ['50 dispatches with their positions', '{ despachos { id ubicacionActual { latitud } } }'],
  ['audit trail, by type', '{ events(type: "dispatch.created") { id } }'],
  ['audit trail, by actor', '{ events(actorId: "user-7") { id } }'],
  ['audit trail, of a dispatch', '{ events(despachoId: "77") { id } }'],
  ['history of a channel', '{ channelHistory(channel: "channel-7") { id } }'],
];

/** What is asked of the running service. */
export async function measureService(scene: Scene): Promise<Figures> {
  const figures: Figures = new Map([['start, with all rows there', scene.startMs]]);
  for (const [name, query] of queries) figures.set(name, await median(() => scene.ask(query)));
  figures.set('a change, until a board shows it', await measureRelay(scene));
  return figures;
}

/** From the mutation's begin to the board's event: commit, relay and delivery. */
async function measureRelay({ ask, client }: Scene): Promise<number> {
  const waiting: (() => void)[] = [];
  const unsubscribe = client.subscribe(
    { query: 'subscription { dispatchesUpdated { dispatch { id } } }' },
    {
      next: () => waiting.splice(0).forEach((resolve) => resolve()),
      error: (error) => console.error(error),
      complete: () => undefined,
    },
  );
  const create = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }';
  const once = async () => {
    const shown = Promise.withResolvers<void>();
    waiting.push(shown.resolve);
    await ask(create);
    return shown.promise;
  };
  // A subscription has no acknowledgement: the first events may come before it is live.
  while (!(await Promise.race([once().then(() => true), sleep(500, false)])));
  const took = await median(once);
  unsubscribe();
  return took;
}

/** What runs beside the service, and what costs the more the more there is to show. */
export async function measureDatabase(database: Database, rows: number): Promise<Figures> {
  const figures: Figures = new Map();
  const shared = { database, clock: systemClock, keys: new MutationKeys(database, systemClock) };
  const own = {
    assignments: new AssignmentBook(noAnswerTimes, new AlertBook(noLimits)),
    exclusiveAmbulances: false,
  };
  const dispatches = new SqlDispatchRepository({ ...shared, ...own });
  const messages = new SqlMessageRepository(shared);
  const now = Date.now();
  const since = (ms: number) => dispatches.changedSince(now - ms, 10_001);
  figures.set('what has changed since a cursor of an hour', await median(() => since(hourMs)));
  figures.set('a cursor too old: more than 10,000 changes counted', await median(() => since(3_000 * dayMs)));
  const sent = () => messages.idsSince('channel-7', now - hourMs, 10_001);
  figures.set('messages of a channel since an hour', await median(sent));
  const perRow = await bytesPerKey(database, rows);
  if (perRow !== null) figures.set('bytes of an idempotency key, with its indexes', perRow);
  // The service would have deleted them while it was measured.
  await sql`update mutation_keys set expires_at = ${storedDate(now - dayMs)}
    where id in (select id from mutation_keys limit ${expiredRows})`.execute(database.query);
  const keys = new MutationKeys(database, systemClock);
  const perThousand = async (work: () => Promise<number>) => {
    const startedAt = performance.now();
    const deleted = await work();
    if (deleted < expiredRows) throw new Error(`Only ${deleted} rows were deleted.`);
    return ((performance.now() - startedAt) * 1_000) / deleted;
  };
  const audit = () => deleteOlder(database, 'events', now - 40 * dayMs);
  figures.set('deleting 1,000 events of the audit trail', await perThousand(audit));
  const positions = () => deleteOlder(database, 'locations', now - 120 * dayMs);
  figures.set('deleting 1,000 positions', await perThousand(positions));
  figures.set('deleting 1,000 idempotency keys', await perThousand(() => keys.deleteExpired()));
  const nothing = () => deleteOlder(database, 'events', now - 400 * dayMs);
  figures.set('looking for rows to delete, where there are none', await median(nothing));
  return figures;
}

/** Null on SQLite, which does not say of tables how large they are. */
async function bytesPerKey(database: Database, rows: number): Promise<number | null> {
  if (database.kind === 'sqlite') return null;
  const { rows: sizes } = await sql<{ bytes: string }>`
    select pg_total_relation_size('mutation_keys') as bytes`.execute(database.query);
  return Number(sizes[0]!.bytes) / rows;
}

async function median(run: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  await run();
  for (let time = 0; time < times; time += 1) {
    const startedAt = performance.now();
    await run();
    took.push(performance.now() - startedAt);
  }
  return quantile(
    took.sort((one, other) => one - other),
    0.5,
  );
}
