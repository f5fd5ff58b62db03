/** Which database and repositories the service runs on: its own, or those of MS Despacho and MS Auth. */
import type { Database } from '../db/database.ts';
import { MutationKeys } from '../db/mutations/mutation-keys.ts';
import { ensureOwner } from '../db/metadata.ts';
import { AlertBook } from '../modules/alert/alert-book.ts';
import { AlertRepository } from '../modules/alert/alert-repository.ts';
import { AssignmentBook } from '../modules/dispatch/assignments/assignment-book.ts';
import { AssignmentReader } from '../modules/dispatch/assignments/assignment-reader.ts';
import { Assignments } from '../modules/dispatch/assignments/assignments.ts';
import { AuditTrail } from '../modules/dispatch/audit-trail.ts';
import type { DispatchRepository } from '../modules/dispatch/dispatch-repository.ts';
import { SqlDispatchRepository } from '../modules/dispatch/dispatch-repository-sql.ts';
import { DispatchReceipts } from '../modules/dispatch/receipts/dispatch-receipts.ts';
import { Follows } from '../modules/dispatch/follows.ts';
import { createReconcile, type Reconciliation } from '../modules/dispatch/notifications/reconcile.ts';
import { AreaPositions } from '../modules/location/areas/area-positions.ts';
import type { LocationRepository } from '../modules/location/location-repository.ts';
import { SqlLocationRepository } from '../modules/location/location-repository-sql.ts';
import { SqlMessageRepository } from '../modules/message/message-repository-sql.ts';
import { MsAuthUserRepository } from '../modules/user/ms-auth/user-repository.ts';
import type { UserRepository } from '../modules/user/user-repository.ts';
import { SqlUserRepository } from '../modules/user/user-repository-sql.ts';
import type { Leases } from '../stores/leases/leases.ts';
import { MsAuth } from '../upstreams/ms-auth.ts';
import { Upstream, type Circuit } from '../upstreams/upstream.ts';
import type { AppContext } from './app-context.ts';
import { openMsDespacho } from './ms-despacho.ts';
import { whenReachable } from './wait-at-start.ts';

/** The repositories that depend on where dispatches live. */
export interface DispatchRepositories {
  readonly dispatches: DispatchRepository;
  readonly locations: LocationRepository;
  readonly follows: Follows;
  readonly assignments: Assignments;
  /** Compares a dispatch with what was published of it, and publishes the difference. */
  readonly reconcile: (despachoId: string, actorId: string) => Promise<Reconciliation>;
}

export interface Repositories extends DispatchRepositories {
  readonly alertBook: AlertBook;
  readonly alerts: AlertRepository;
  readonly areaPositions: AreaPositions;
  readonly assignmentBook: AssignmentBook;
  readonly assignmentReader: AssignmentReader;
  readonly audit: AuditTrail;
  readonly receipts: DispatchReceipts;
  readonly keys: MutationKeys;
  readonly messages: SqlMessageRepository;
  readonly users: UserRepository;
  /** Null where no other service knows users. */
  readonly msAuth: MsAuth | null;
  /** The state of the circuit of each other service that is called, by its name. */
  readonly upstreams: Readonly<Record<string, () => Circuit>>;
}

export async function openRepositories(
  context: AppContext,
  database: Database,
  leases: Leases,
): Promise<Repositories> {
  const { clock, log, config, metrics, parts } = context;
  const { despacho, auth } = config.upstreams;
  await whenReachable(context, () => ensureOwner(database, despacho ? 'ms-despacho' : 'own'));
  const upstreams: Record<string, () => Circuit> = {};
  const open = (
    key: string,
    name: string,
    settings: { url: string; timeoutMs: number; maxInFlight: number },
  ) => {
    const upstream = new Upstream({ ...context, ...settings, name });
    upstreams[key] = () => upstream.circuit;
    parts.add(`the connections to ${name}`, () => upstream.close());
    return upstream;
  };
  const keys = new MutationKeys(database, clock, (outcome) => metrics.mutationKeys.inc({ outcome }));
  const { maxFollowsPerViewer } = config.limits;
  const alertBook = new AlertBook(config.watch.alerts);
  const assignmentBook = new AssignmentBook(config.watch.answerMs, alertBook);
  const ofDispatches = despacho
    ? await openMsDespacho(context, database, {
        ...{ settings: despacho, leases, keys, assignmentBook, alertBook, maxFollowsPerViewer },
        upstream: open('msDespacho', 'MS Despacho', despacho),
      })
    : createOwn(context, database, { keys, assignments: assignmentBook, alerts: alertBook });
  const msAuth = auth && new MsAuth({ upstream: open('msAuth', 'MS Auth', auth), log });
  const seen = new SqlUserRepository(database);
  return {
    ...ofDispatches,
    alertBook,
    alerts: new AlertRepository({ database, clock, keys, book: alertBook }),
    areaPositions: new AreaPositions(database),
    assignmentBook,
    assignmentReader: new AssignmentReader(database, clock),
    audit: new AuditTrail(database),
    receipts: new DispatchReceipts(database),
    keys,
    messages: new SqlMessageRepository({ database, clock, keys }),
    users:
      msAuth && auth
        ? new MsAuthUserRepository({ client: msAuth, seen, clock, log, cacheMs: auth.cacheMs })
        : seen,
    msAuth,
    upstreams,
  };
}

interface OwnDeps {
  readonly keys: MutationKeys;
  readonly assignments: AssignmentBook;
  readonly alerts: AlertBook;
}

function createOwn(
  { clock, log, config }: AppContext,
  database: Database,
  { keys, assignments, alerts }: OwnDeps,
): DispatchRepositories {
  const { exclusiveAmbulances } = config.record;
  const shared = { database, clock, keys };
  const ensureLocalCopy = () => Promise.resolve();
  return {
    dispatches: new SqlDispatchRepository({ ...shared, assignments, exclusiveAmbulances }),
    assignments: new Assignments({ ...shared, book: assignments, declineFrees: true, ensureLocalCopy }),
    locations: new SqlLocationRepository({ ...shared, alerts }),
    follows: new Follows({ ...shared, ensureLocalCopy, maxPerViewer: config.limits.maxFollowsPerViewer }),
    reconcile: createReconcile(database, clock, log, assignments),
  };
}
