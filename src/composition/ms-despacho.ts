/** The repositories of dispatches that live in MS Despacho, and what this service keeps about them. */
import type { Database } from '../db/database.ts';
import type { MutationKeys } from '../db/mutations/mutation-keys.ts';
import { RemoteMutations } from '../db/mutations/remote-mutations.ts';
import { repeat } from '../lib/repeat.ts';
import type { AlertBook } from '../modules/alert/alert-book.ts';
import type { AssignmentBook } from '../modules/dispatch/assignments/assignment-book.ts';
import { Assignments } from '../modules/dispatch/assignments/assignments.ts';
import { Follows } from '../modules/dispatch/follows.ts';
import { SqlDispatchRepository } from '../modules/dispatch/dispatch-repository-sql.ts';
import { MsDespachoDispatchRepository } from '../modules/dispatch/ms-despacho/dispatch-repository.ts';
import { PendingChanges } from '../modules/dispatch/ms-despacho/pending-changes.ts';
import { Poller } from '../modules/dispatch/ms-despacho/poller.ts';
import { PublishedDispatches } from '../modules/dispatch/ms-despacho/published-dispatches.ts';
import { MsDespachoLocationRepository } from '../modules/location/ms-despacho/location-repository.ts';
import { PendingPositions } from '../modules/location/ms-despacho/pending-positions.ts';
import { TrackIngest } from '../modules/location/ms-despacho/track-ingest.ts';
import type { Leases } from '../stores/leases/leases.ts';
import { surelyDidNotHappen } from '../upstreams/failure.ts';
import type { RemoteDispatch } from '../upstreams/ms-despacho-shapes.ts';
import { MsDespacho } from '../upstreams/ms-despacho.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import type { AppContext } from './app-context.ts';
import { whenReachable } from './wait-at-start.ts';
import type { DispatchRepositories } from './repositories.ts';
import { createOnUnreadable } from './unreadable-rows.ts';

/** A pending change is held for longer than the call that makes it can take, milliseconds. */
const pendingLeaseMarginMs = 5_000;
const trimEveryMs = 60 * 60_000;
/** The newest dispatches of MS Despacho, among which the one with the largest id is looked for. */
const newestForBaseline = 25;

/** What MS Despacho's dispatches are kept with. */
export interface MsDespachoDeps {
  readonly settings: NonNullable<AppContext['config']['upstreams']['despacho']>;
  readonly leases: Leases;
  readonly upstream: Upstream;
  readonly keys: MutationKeys;
  readonly assignmentBook: AssignmentBook;
  readonly alertBook: AlertBook;
  readonly maxFollowsPerViewer: number;
}

export async function openMsDespacho(
  context: AppContext,
  database: Database,
  deps: MsDespachoDeps,
): Promise<DispatchRepositories> {
  const { clock, log, parts } = context;
  const { pending, pendingPositions, poller, ...repositories } = createMsDespachoParts(
    context,
    database,
    deps,
  );
  const { dispatches } = repositories;
  // On SQLite whoever was at something has died. Leases that a clock dates far ahead, which was set back since, would hold for long.
  if (database.kind === 'sqlite')
    await whenReachable(context, () => Promise.all([pending.abandonAll(), deps.keys.abandonAll()]));
  parts.add('the dispatches of MS Despacho', () => dispatches.close());
  poller.start();
  parts.add('the poller of MS Despacho', () => poller.close());
  const trim = async () => {
    await pending.trim();
    await pendingPositions.trim();
  };
  const onError = (error: unknown) => log.error({ err: error }, 'pending changes could not be forgotten');
  parts.add('the trimming of pending changes', repeat({ clock, everyMs: trimEveryMs, run: trim, onError }));
  return { ...repositories, reconcile: dispatches.reconcile.bind(dispatches) };
}

/** Exported for tests, which put it on a stand-in. `poller` is yet to be started. */
export function createMsDespachoParts(
  { clock, log, metrics }: Pick<AppContext, 'clock' | 'log' | 'metrics'>,
  database: Database,
  { settings, leases, upstream, keys, assignmentBook, alertBook, maxFollowsPerViewer }: MsDespachoDeps,
) {
  const onUnreadable = createOnUnreadable({ clock, log, metrics });
  const { timeoutMs, writeTimeoutMs, pollMs } = settings;
  const client = new MsDespacho({ upstream, writeTimeoutMs });
  const leaseMs = writeTimeoutMs + pendingLeaseMarginMs;
  const mutations = new RemoteMutations({ keys, clock, log, leaseMs, surelyDidNotHappen });
  const pending = new PendingChanges({ database, clock, keys, leaseMs });
  const pendingPositions = new PendingPositions({ database, clock, leaseMs });
  const published = new PublishedDispatches({
    ...{ database, clock, pending, assignments: assignmentBook },
    readNewestId: () => readNewestId(client),
  });
  const tracks = new TrackIngest({ database, clock, pending: pendingPositions, alerts: alertBook });
  const dispatches = new MsDespachoDispatchRepository({
    ...{ client, published, pending, database, mutations, onUnreadable, clock, log },
    copies: new SqlDispatchRepository({
      ...{ database, clock, keys, assignments: assignmentBook, exclusiveAmbulances: false },
    }),
    onShown: (found) => tracks.ingest([found]),
  });
  const locations = new MsDespachoLocationRepository({
    ...{ database, clock, client, mutations, keys, log, alerts: alertBook },
    pending: pendingPositions,
    readTrack: (id) => dispatches.find([id]),
    readDispatch: async (id) =>
      (await readPublished(published, id)) ?? (await dispatches.find([id])).get(id) ?? null,
  });
  const onPositions = (found: readonly RemoteDispatch[]) => tracks.ingest(found);
  const poller = new Poller({
    ...{ client, published, dispatches, onPositions, onUnreadable, leases, clock, log, metrics, timeoutMs },
    maxIntervalMs: pollMs,
  });
  const ensureLocalCopy = async (id: string) => (await readPublished(published, id)) ?? dispatches.find([id]);
  const follows = new Follows({ database, clock, keys, ensureLocalCopy, maxPerViewer: maxFollowsPerViewer });
  const assignments = new Assignments({
    ...{ database, clock, keys, book: assignmentBook, ensureLocalCopy, declineFrees: false },
  });
  return { dispatches, locations, tracks, follows, assignments, pending, pendingPositions, poller };
}

async function readNewestId(client: MsDespacho): Promise<number> {
  const newest = { page: 1, perPage: newestForBaseline };
  const { dispatches } = await client.page({}, newest, { onUnreadable: () => {} });
  return Math.max(0, ...dispatches.map(({ state }) => Number(state.id)));
}

async function readPublished(published: PublishedDispatches, id: string) {
  return Number.isSafeInteger(Number(id)) ? (await published.find([id])).get(id) : undefined;
}
