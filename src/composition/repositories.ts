/** Owns which record the service runs on: its own, or MS Despacho and MS Auth with what has to be kept here beside them. */
import { createServiceTokenVerifier, isServiceToken } from '../auth/service-tokens.ts';
import { createTokenVerifier } from '../auth/tokens.ts';
import type { TokenVerifier } from '../auth/viewer.ts';
import type { Database } from '../db/database.ts';
import { claimDatabase } from '../db/metadata.ts';
import type { AppContext } from './app-context.ts';
import { repeat } from '../lib/repeat.ts';
import { AuditTrail } from '../modules/dispatch/audit-trail.ts';
import type { DispatchRepository } from '../modules/dispatch/dispatch-repository.ts';
import { Follows } from '../modules/dispatch/follows.ts';
import { PendingChanges } from '../modules/dispatch/ms-despacho/pending-changes.ts';
import { Poller } from '../modules/dispatch/ms-despacho/poller.ts';
import { createReconcile, type Reconciliation } from '../modules/dispatch/notifications/reconcile.ts';
import { SqlDispatchRepository } from '../modules/dispatch/dispatch-repository-sql.ts';
import { MsDespachoDispatchRepository } from '../modules/dispatch/ms-despacho/dispatch-repository.ts';
import { PublishedDispatches } from '../modules/dispatch/ms-despacho/published-dispatches.ts';
import type { LocationRepository } from '../modules/location/location-repository.ts';
import { SqlLocationRepository } from '../modules/location/location-repository-sql.ts';
import { MsDespachoLocationRepository } from '../modules/location/ms-despacho/location-repository.ts';
import { SqlMessageRepository } from '../modules/message/message-repository-sql.ts';
import { MsAuthUserRepository } from '../modules/user/ms-auth/user-repository.ts';
import { SqlUserRepository } from '../modules/user/user-repository-sql.ts';
import type { UserRepository } from '../modules/user/user-repository.ts';
import type { Leases } from '../stores/leases/leases.ts';
import { MsAuth } from '../upstreams/ms-auth.ts';
import { MsDespacho } from '../upstreams/ms-despacho.ts';
import { Upstream, type Circuit } from '../upstreams/upstream.ts';

/** What depends on where dispatches live. */
interface DispatchParts {
  readonly dispatches: DispatchRepository;
  readonly locations: LocationRepository;
  readonly follows: Follows;
  /** Compares a dispatch with what was told of it, and tells the difference. */
  readonly reconcile: (despachoId: string, actorId: string) => Promise<Reconciliation>;
}

export interface Repositories extends DispatchParts {
  readonly audit: AuditTrail;
  readonly messages: SqlMessageRepository;
  readonly users: UserRepository;
  readonly verify: TokenVerifier;
  /** The services that it runs on, by name, and whether they are called at all. */
  readonly upstreams: Readonly<Record<string, () => Circuit>>;
}

const pendingLeaseMarginMs = 5_000;
const trimEveryMs = 60 * 60_000;
const newestForBaseline = 25;

export async function createRepositories(
  ground: AppContext,
  database: Database,
  leases: Leases,
): Promise<Repositories> {
  const { clock, log, config } = ground;
  await claimDatabase(database, config.upstreams.despacho ? 'ms-despacho' : 'own');
  const upstreams: Record<string, () => Circuit> = {};
  const open = (
    key: string,
    name: string,
    settings: { url: string; timeoutMs: number; maxInFlight: number },
  ) => {
    const upstream = new Upstream({ ...ground, ...settings, name });
    upstreams[key] = () => upstream.circuit;
    ground.undo.add(name, () => upstream.close());
    return upstream;
  };
  const { despacho, auth } = config.upstreams;
  const parts = despacho
    ? createMsDespacho(ground, database, leases, open('msDespacho', 'MS Despacho', despacho))
    : createOwn(ground, database);
  const msAuth = auth && new MsAuth({ upstream: open('msAuth', 'MS Auth', auth), log });
  const seen = new SqlUserRepository(database);
  return {
    ...parts,
    audit: new AuditTrail(database, clock),
    messages: new SqlMessageRepository(database, clock),
    users: msAuth ? new MsAuthUserRepository({ client: msAuth, seen, clock, log }) : seen,
    verify: createVerifier(ground, msAuth),
    upstreams,
  };
}

function createOwn({ clock, log }: AppContext, database: Database): DispatchParts {
  return {
    dispatches: new SqlDispatchRepository(database, clock),
    locations: new SqlLocationRepository(database, clock),
    follows: new Follows(database, clock),
    reconcile: createReconcile(database, clock, log),
  };
}

/** Exported for tests, which put it on a stand-in. `poller` is yet to be started. */
export function createMsDespachoParts(
  { config, clock, log, metrics }: Omit<AppContext, 'undo'>,
  database: Database,
  leases: Leases,
  upstream: Upstream,
) {
  const { timeoutMs, writeTimeoutMs, pollMs } = config.upstreams.despacho!;
  const client = new MsDespacho({ upstream, writeTimeoutMs, log });
  const pending = new PendingChanges({ database, clock, leaseMs: writeTimeoutMs + pendingLeaseMarginMs });
  const readNewestId = async () => {
    const { dispatches } = await client.page(
      {},
      { page: 1, perPage: newestForBaseline },
      { onUnreadable: () => {} },
    );
    return Math.max(0, ...dispatches.map(({ state }) => Number(state.id)));
  };
  const published = new PublishedDispatches({ database, clock, pending, readNewestId });
  const locations: MsDespachoLocationRepository = new MsDespachoLocationRepository({
    ...{ database, clock, client },
    readDispatch: async (id) =>
      (await readPublished(published, id)) ?? (await dispatches.find([id])).get(id) ?? null,
  });
  const dispatches: MsDespachoDispatchRepository = new MsDespachoDispatchRepository({
    ...{ client, published, pending, clock, log },
    copies: new SqlDispatchRepository(database, clock),
    onShown: (found) => locations.ingestTrack([found]),
  });
  const onPositions = locations.ingestTrack.bind(locations);
  const poller = new Poller({
    ...{ client, published, dispatches, onPositions, leases, clock, log, metrics, timeoutMs },
    maxIntervalMs: pollMs,
  });
  const ensureLocalCopy = async (id: string) => (await readPublished(published, id)) ?? dispatches.find([id]);
  const follows = new Follows(database, clock, ensureLocalCopy);
  return { dispatches, locations, follows, pending, poller };
}

function createMsDespacho(
  ground: AppContext,
  database: Database,
  leases: Leases,
  upstream: Upstream,
): DispatchParts {
  const { clock, log, undo } = ground;
  const { dispatches, locations, follows, pending, poller } = createMsDespachoParts(
    ground,
    database,
    leases,
    upstream,
  );
  undo.add('reads of MS Despacho', () => dispatches.close());
  poller.start();
  undo.add('poller', () => poller.close());
  const onError = (error: unknown) => log.error({ err: error }, 'pending changes could not be forgotten');
  const run = () => pending.trim();
  undo.add('pending changes', repeat({ clock, everyMs: trimEveryMs, run, onError }));
  const reconcile = dispatches.reconcile.bind(dispatches);
  return { dispatches, locations, follows, reconcile };
}

async function readPublished(published: PublishedDispatches, id: string) {
  return Number.isSafeInteger(Number(id)) ? (await published.find([id])).get(id) : undefined;
}

/** MS Auth's own tokens are asked about; all others are verified here. */
function createVerifier({ config, clock, log }: AppContext, client: MsAuth | null): TokenVerifier {
  const verifyJwt = createTokenVerifier(config, clock, log);
  const settings = config.upstreams.auth;
  if (!client || !settings) return verifyJwt;
  const verifyOpaque = createServiceTokenVerifier({ client, clock, ...settings });
  return (token) => (isServiceToken(token) ? verifyOpaque(token) : verifyJwt(token));
}
