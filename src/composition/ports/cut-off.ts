/** Has the clients of a process that is cut off from Redis go to those that are not, in time. */
import type { Database } from '../../db/database.ts';
import { ReachNotes } from '../../db/queries/reach-notes.ts';
import { CutOff } from '../../http/health/cut-off.ts';
import type { DependencyCheck } from '../../http/health/readiness.ts';
import type { Transports } from '../../transports/transports.ts';
import type { AppContext } from '../app-context.ts';

/** How long Redis may be away before a process asks whether that is so for others, at the most and at the least, milliseconds. */
const maxPatienceMs = 10_000;
const minPatienceMs = 500;
/**
 * Places of clients are renewed in good time, and kept for one and a half windows from then on: whoever leaves within a quarter of the
 * window has the whole window to come back. It takes three times the patience, at the most, until the last client has been asked to go.
 */
const patienceShare = 1 / 12;

/** `database`: for notes, by which processes know of each other when Redis is away; on SQLite each has its own. */
export interface CutOffDeps {
  readonly database: Database;
  /** Absent where there is nothing that processes share. */
  readonly redis: DependencyCheck | undefined;
  /** By which all processes date. */
  readonly sharedClock: AppContext['clock'];
}

const patienceOf = (windowMs: number): number =>
  windowMs === 0 ? maxPatienceMs : Math.max(minPatienceMs, Math.min(maxPatienceMs, windowMs * patienceShare));

/** Null where there is nothing that it could be cut off from, or no other process that could serve its clients. */
export function createCutOff(
  { config, clock, log }: AppContext,
  { database, redis, sharedClock }: CutOffDeps,
): CutOff | null {
  // Whoever has all its dispatches in a file of its own is the only one.
  const isOnlyOne = database.kind === 'sqlite' && config.upstreams.despacho === null;
  if (redis === undefined || isOnlyOne) return null;
  const patienceMs = patienceOf(config.realtime.resumeWindowMs);
  const notes = database.kind === 'postgres' ? new ReachNotes(database, sharedClock, patienceMs / 4) : null;
  return new CutOff({ reach: redis, notes, patienceMs, clock, log });
}

/** From now on clients are sent to other processes, and refused here, for as long as those serve them better. */
export function watchCutOff(
  { parts }: AppContext,
  cutOff: CutOff,
  { refuseNew, sendAway }: Pick<Transports, 'refuseNew' | 'sendAway'>,
): void {
  const spreadMs = cutOff.patienceMs / 3;
  const watching = new AbortController();
  parts.add('the watch for being cut off', () => watching.abort());
  void cutOff.watch(watching.signal, (state) => {
    refuseNew(state === 'alone');
    if (state === 'alone' || state === 'unknown') void sendAway(spreadMs);
  });
}
