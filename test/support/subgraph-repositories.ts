/** The repositories of a subgraph under test, in the set-up that its file runs in. */
import { afterAll, beforeAll } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/observability/log.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { AlertRepository } from '../../src/modules/alert/alert-repository.ts';
import { noLimits, type AlertLimits } from '../../src/modules/alert/limits.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { noAnswerTimes, type AnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import { AssignmentReader } from '../../src/modules/dispatch/assignments/assignment-reader.ts';
import { Assignments } from '../../src/modules/dispatch/assignments/assignments.ts';
import { AuditTrail } from '../../src/modules/dispatch/audit-trail.ts';
import type { DispatchRepository } from '../../src/modules/dispatch/dispatch-repository.ts';
import { Follows } from '../../src/modules/dispatch/follows.ts';
import { DispatchReceipts } from '../../src/modules/dispatch/receipts/dispatch-receipts.ts';
import { SqlDispatchRepository } from '../../src/modules/dispatch/dispatch-repository-sql.ts';
import { AreaPositions } from '../../src/modules/location/areas/area-positions.ts';
import { SqlLocationRepository } from '../../src/modules/location/location-repository-sql.ts';
import { SqlMessageRepository } from '../../src/modules/message/message-repository-sql.ts';
import { SqlUserRepository } from '../../src/modules/user/user-repository-sql.ts';
import { createMsDespachoParts, type MsDespachoDeps } from '../../src/composition/ms-despacho.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import { Upstream } from '../../src/upstreams/upstream.ts';
import { openTestPostgres } from './open-postgres.ts';
import { tPostgres, type TestPostgres } from './postgres.ts';
import { setUp } from './set-up.ts';
import { startMsDespacho } from './upstreams/ms-despacho.ts';

interface Base {
  readonly answerMs?: AnswerTimes | undefined;
  readonly limits?: AlertLimits | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const maxFollows = 1_000;

/** What to do at the end of the test, the last one first. */
type Undos = (() => unknown)[];

let postgres: TestPostgres | undefined;
beforeAll(async () => {
  if (setUp() === 'PostgreSQL') postgres = await tPostgres();
});
afterAll(() => postgres?.stop());

export async function openDatabase(undos: Undos, log: Logger): Promise<Database> {
  const database = postgres
    ? await openTestPostgres(await postgres.createSchema(), { log })
    : await openSqlite({ folder: ':memory:' });
  undos.push(() => database.close());
  return database;
}

export async function createRepositories(base: Base, database: Database, undos: Undos) {
  const { clock } = base;
  const keys = new MutationKeys(database, clock);
  const shared = { database, clock, keys };
  const ensureLocalCopy = () => Promise.resolve();
  const alertBook = new AlertBook(base.limits ?? noLimits);
  const assignmentBook = new AssignmentBook(base.answerMs ?? noAnswerTimes, alertBook);
  const { dispatches, locations, follows, assignments, standIn } =
    setUp() === 'MS Despacho'
      ? await createMsDespacho(base, database, { keys, assignmentBook, alertBook }, undos)
      : {
          standIn: null,
          dispatches: new SqlDispatchRepository({
            ...shared,
            assignments: assignmentBook,
            exclusiveAmbulances: false,
          }),
          assignments: new Assignments({
            ...shared,
            book: assignmentBook,
            declineFrees: true,
            ensureLocalCopy,
          }),
          locations: new SqlLocationRepository({ ...shared, alerts: alertBook }),
          follows: new Follows({ ...shared, ensureLocalCopy, maxPerViewer: maxFollows }),
        };
  return {
    ...{ dispatches: countingFinds(dispatches), locations, follows, assignments, standIn },
    alertBook,
    alerts: new AlertRepository({ ...shared, book: alertBook }),
    keys,
    areaPositions: new AreaPositions(database),
    assignmentBook,
    assignmentReader: new AssignmentReader(database, clock),
    audit: new AuditTrail(database),
    receipts: new DispatchReceipts(database),
    messages: new SqlMessageRepository(shared),
    users: new SqlUserRepository(database),
  };
}

async function createMsDespacho(
  { clock, log, metrics }: Base,
  database: Database,
  books: Pick<MsDespachoDeps, 'keys' | 'assignmentBook' | 'alertBook'>,
  undos: Undos,
) {
  const standIn = await startMsDespacho({ now: () => clock.now() });
  const config = parseConfig({ MS_DESPACHO_URL: standIn.url });
  const settings = config.upstreams.despacho!;
  const upstream = new Upstream({ ...settings, name: 'MS Despacho', log, metrics });
  const leases = new LeasesMemory({ clock });
  const parts = createMsDespachoParts({ clock, log, metrics }, database, {
    ...{ settings, leases, upstream, ...books, maxFollowsPerViewer: maxFollows },
  });
  undos.push(
    () => standIn.close(),
    () => upstream.close(),
    () => parts.dispatches.close(),
  );
  return { ...parts, standIn };
}

/** Records each call of `find`, with the ids that were looked for. */
function countingFinds<D extends DispatchRepository>(
  dispatches: D,
): D & { readonly finds: (readonly string[])[] } {
  const finds: (readonly string[])[] = [];
  const find = dispatches.find.bind(dispatches);
  return Object.assign(dispatches, {
    finds,
    find: (ids: readonly string[], signal?: AbortSignal) => {
      finds.push(ids);
      return find(ids, signal);
    },
  });
}
