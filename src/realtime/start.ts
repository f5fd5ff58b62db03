/** Finds where a subscription begins: by what its client has sent, and by what was kept of where they were. */
import { type Clock, msSince } from '../lib/clock.ts';
import type { EventLog } from '../stores/event-log/event-log.ts';
import { CursorTooOldError } from './cursors/cursor.ts';
import type { CursorRules } from './cursors/cursor-rules.ts';
import { combineVersions } from './cursors/snapshot-versions.ts';
import type { Group } from './group.ts';
import type { PreparedOperation, Variables } from './prepared-operation.ts';
import { beginningOf, latestOf, readCursors, type KnownPosition } from './known-positions.ts';
import type { Beginning, MemberStart } from './member.ts';
import type { Resumption } from './resumption.ts';
import { unknownTime } from './source.ts';

/**
 * How a subscription begins: `live` at once, `resumed` behind its cursor, with a `snapshot`, or `restarted`: with a snapshot
 * because its cursor could not be continued.
 */
export type Outcome = 'live' | 'resumed' | 'snapshot' | 'restarted';

/** What is sent first. */
export type Opening = Pick<Beginning, 'frames' | 'shown' | 'rest'>;

export interface Start extends Opening, MemberStart {
  readonly outcome: Outcome;
  readonly viewerId: string;
  /** When the last event happened that the subscriber knows, milliseconds since the Unix epoch. */
  readonly since: number;
}

/** By what it is found where subscriptions begin: the same for all of a hub. */
export interface StartRules {
  readonly eventLog: EventLog;
  readonly cursors: CursorRules;
  readonly clock: Clock;
}

export interface StartOptions {
  readonly operation: PreparedOperation;
  /** Without `after`. */
  readonly variables: Variables;
  /** The argument `after` of this subscription, where the group has the source of another one. */
  readonly after: string | null;
  /** The same of an event stream, by its header. */
  readonly lastEventId: string | null;
  /** Finds the place that was kept for the client, if there may be one. */
  readonly resumption: Resumption | undefined;
  readonly viewerId: string;
  readonly signal: AbortSignal | undefined;
  readonly rules: StartRules;
}

/**
 * Finds where a subscription begins. Where the log cannot continue a cursor, that is with a snapshot, so that nothing is
 * missing.
 *
 * Throws `InvalidCursorError`, `CursorTooOldError`, and whatever the source's snapshot throws.
 */
export async function findStart(group: Group, options: StartOptions): Promise<Start> {
  const { stream, source } = group;
  const { operation, variables, resumption, viewerId, signal } = options;
  const read = readCursors(group, options);
  const begin = read.length > 0 ? null : beginningOf(group);
  const place = resumption ? await resumption.find({ operation, variables, begin }) : null;
  const known = latestOf(group, read, place, options);
  const isNew = known === null || (known !== 'unknown' && known.mayBeNew === true && isNewest(group, known));
  if (!isNew && known !== 'unknown') return startAfter(group, known, options);
  if (source.beginsWithSnapshot) {
    // Whoever was here before has seen something of the stream, though nobody knows how much.
    const beginning = await group.snapshot({ since: isNew ? null : unknownTime }, viewerId, signal);
    return { ...beginning, viewerId, outcome: 'snapshot', since: beginning.at };
  }
  const { position, lastAt: since } = stream;
  return { ...nothing, position, viewerId, outcome: 'live', since };
}

const nothing = { frames: [], shown: [], rest: null, snapshotVersions: null } as const;

async function startAfter(group: Group, known: KnownPosition, options: StartOptions): Promise<Start> {
  const { source } = group;
  const { viewerId, signal, rules } = options;
  const { isBelieved, since } = known;
  const found = isBelieved ? await findInLog(group, known, rules.eventLog) : 'lost';
  if (found === 'continued') {
    const { epoch, offset, snapshotVersions = null } = known;
    if (group.freshness?.isStale) await group.renew(signal);
    return { ...nothing, snapshotVersions, position: { epoch, offset }, viewerId, outcome: 'resumed', since };
  }
  if (source.showsChanges && msSince(since, rules.clock.now()) > rules.cursors.maxAgeMs)
    throw new CursorTooOldError('is older than what is kept of the past');
  const reached = found === 'trimmed' ? known : null;
  const beginning = await group.snapshot({ since, from: known.epoch, reached }, viewerId, signal);
  // Events of what they were shown before may be yet to come: the log can be lost before they were appended to it.
  const snapshotVersions = combineVersions(known.snapshotVersions ?? null, beginning.snapshotVersions);
  return { ...beginning, snapshotVersions, viewerId, outcome: 'restarted', since };
}

const isNewest = ({ stream: { position } }: Group, { epoch, offset }: KnownPosition): boolean =>
  position.epoch === epoch && position.offset === offset;

/**
 * Whether the log can continue the cursor. Where that matters before the stream begins, it is not trimmed past it either. `trimmed`: it
 * was, and was there before.
 */
async function findInLog(
  group: Group,
  cursor: KnownPosition,
  eventLog: EventLog,
): Promise<'continued' | 'trimmed' | 'lost'> {
  const { stream, source } = group;
  const { epoch, offset } = stream.position;
  if (stream.topic.live) return isNewest(group, cursor) ? 'continued' : 'lost';
  if (cursor.epoch === epoch && cursor.offset <= offset) {
    if (!source.showsChanges || cursor.offset === offset) return 'continued';
    return (await stream.history(cursor, offset)).kind === 'entries' ? 'continued' : 'trimmed';
  }
  // Another process may have sent the client an event that has not arrived here yet.
  const read = await eventLog.read(stream.topic.key, cursor, 1);
  if (cursor.epoch !== stream.position.epoch) return 'lost';
  if (read.kind === 'events') return 'continued';
  const { position: head } = read;
  return head.epoch === cursor.epoch && head.offset >= cursor.offset ? 'trimmed' : 'lost';
}
