/** The repositories of MS Despacho on a stand-in of it, as their tests use them: without a network in front. */
import { afterEach } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { noLimits } from '../../src/modules/alert/limits.ts';
import { AssignmentBook } from '../../src/modules/dispatch/assignments/assignment-book.ts';
import { noAnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import { AuditTrail } from '../../src/modules/dispatch/audit-trail.ts';
import type { DispatchEvent } from '../../src/modules/dispatch/events.ts';
import { createMsDespachoParts } from '../../src/composition/ms-despacho.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import type { Leases } from '../../src/stores/leases/leases.ts';
import { Upstream } from '../../src/upstreams/upstream.ts';
import { startMsAuth, type MsAuthStandIn } from './upstreams/ms-auth.ts';
import {
  startMsDespacho,
  type MsDespachoStandIn,
  type MsDespachoStandInOptions,
} from './upstreams/ms-despacho.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** A stand-in of MS Despacho, closed after the test. */
export async function tMsDespacho(options: MsDespachoStandInOptions = {}): Promise<MsDespachoStandIn> {
  const standIn = await startMsDespacho(options);
  undos.push(() => standIn.close());
  return standIn;
}

/** A stand-in of MS Auth, closed after the test. */
export async function tMsAuth(): Promise<MsAuthStandIn> {
  const standIn = await startMsAuth();
  undos.push(() => standIn.close());
  return standIn;
}

/** The repositories of one process on the stand-in, with a database of its own or a shared one. */
export async function tMsDespachoRepositories(
  standIn: MsDespachoStandIn,
  {
    database: given,
    leases: givenLeases,
    clock = systemClock,
    env = {},
  }: { database?: Database; leases?: Leases; clock?: Clock; env?: Record<string, string> } = {},
) {
  const database = given ?? (await openSqlite({ folder: ':memory:' }));
  if (!given) undos.push(() => database.close());
  const log = createLogger('silent');
  const metrics = createMetrics();
  const config = parseConfig({ MS_DESPACHO_URL: standIn.url, MS_DESPACHO_TIMEOUT_MS: '500', ...env });
  const settings = config.upstreams.despacho!;
  const upstream = new Upstream({ ...settings, name: 'MS Despacho', log, metrics });
  const leases = givenLeases ?? new LeasesMemory({ clock });
  const alertBook = new AlertBook(noLimits);
  const parts = createMsDespachoParts({ clock, log, metrics }, database, {
    ...{ settings, leases, upstream, keys: new MutationKeys(database, clock) },
    ...{ assignmentBook: new AssignmentBook(noAnswerTimes, alertBook), alertBook },
    maxFollowsPerViewer: config.limits.maxFollowsPerViewer,
  });
  undos.push(
    () => upstream.close(),
    () => leases.close(),
    () => parts.dispatches.close(),
  );
  const audit = new AuditTrail(database);
  return {
    ...parts,
    ...{ database, upstream, audit, metrics },
    /** Polls until the test ends. */
    startPoller() {
      parts.poller.start();
      undos.push(() => parts.poller.close());
    },
    /** The events of a dispatch, oldest first, each in short. */
    async eventsOf(id: string): Promise<string[]> {
      const events = (await parts.dispatches.history([id], 100)).get(id) ?? [];
      return events.reverse().map(brief);
    },
  };
}

/** An event in short: version, kind, status, and actor. */
const brief = ({ changeType, dispatch: { version, estado }, actorId }: DispatchEvent) =>
  `${version} ${changeType} ${estado} ${actorId}`;

/** Changes a status directly in MS Despacho, as its own frontend does. */
export async function changeElsewhere(standIn: MsDespachoStandIn, id: string, estado: string): Promise<void> {
  const response = await fetch(`${standIn.url}/api/v1/despachos/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ estado }),
  });
  if (!response.ok) throw new Error(`The answer was ${response.status}.`);
}

export async function createElsewhere(standIn: MsDespachoStandIn, prioridad = 'media'): Promise<string> {
  const response = await fetch(`${standIn.url}/api/v1/despachos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ubicacion_origen_lat: -16.5, ubicacion_origen_lng: -68.15, prioridad }),
  });
  const { data } = (await response.json()) as { data: { id: number } };
  return String(data.id);
}
