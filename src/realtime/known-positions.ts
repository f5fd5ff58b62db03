/** What is known of how far a client has come before its subscription begins: by its cursor, and by a place that was kept for it. */
import { hasCome, shifted, type WallTime } from '../lib/clock.ts';
import { InvalidCursorError, type CursorPosition, type ReceivedCursor } from './cursors/cursor.ts';
import { combineVersions, type ShownVersions } from './cursors/snapshot-versions.ts';
import type { Group } from './group.ts';
import type { CursorRules } from './cursors/cursor-rules.ts';
import type { KeptPlace, Place } from './resumption.ts';
import { unknownTime } from './source.ts';
import type { StartOptions } from './start.ts';

/** Where a client has come to. */
export interface KnownPosition extends Omit<ReceivedCursor, 'snapshotVersions'> {
  /** What snapshots have shown the client, of whichever log. */
  readonly snapshotVersions?: ShownVersions | null;
  /** Whether this service has said so itself: else the client may have made it up, and begins anew. */
  readonly isBelieved: boolean;
  /** When the last event happened that the client knows, or `unknownTime`. */
  readonly since: number;
  /** See `KeptPlace`. */
  readonly mayBeNew?: boolean;
}

/**
 * What the cursors say that its client sent.
 *
 * Throws `InvalidCursorError`.
 */
export function readCursors(
  group: Group,
  { after, lastEventId, rules: { clock, cursors } }: StartOptions,
): readonly KnownPosition[] {
  if (after === null && lastEventId === null) return [];
  const now = clock.now();
  const read: KnownPosition[] = [];
  if (after !== null) read.push(readCursor(group, after, 'after', { cursors, now }));
  if (lastEventId !== null) read.push(readCursor(group, lastEventId, 'Last-Event-ID', { cursors, now }));
  return read;
}

/** Of cursors and place the latest one. Null where there is neither, and `unknown` where the place says no more than that there is one. */
export function latestOf(
  group: Group,
  read: readonly KnownPosition[],
  place: Place | null,
  { rules: { clock, cursors } }: StartOptions,
): KnownPosition | 'unknown' | null {
  if (read.length === 0 && (place === null || place === 'unknown')) return place;
  const kept = place === null || place === 'unknown' ? [] : [placeOf(place, cursors.maxAgeMs, clock.now())];
  const known = [...read, ...kept];
  const { epoch } = group.stream.position;
  const believed = known.filter(({ isBelieved }) => isBelieved);
  const [first, ...others] = believed.length > 0 ? believed : known;
  return others.reduce((one, other) => laterOf(epoch, one, other), first!);
}

function readCursor(
  { stream }: Group,
  text: string,
  where: InvalidCursorError['where'],
  { cursors, now }: { readonly cursors: CursorRules; readonly now: WallTime },
): KnownPosition {
  const cursor = stream.cursors.parse(text);
  if (!cursor) throw new InvalidCursorError(where);
  const isBelieved =
    cursor.at !== null || (cursors.unsignedUntil !== null && !hasCome(cursors.unsignedUntil, now));
  return { ...cursor, isBelieved, since: cursor.at ?? unknownTime };
}

/** Where the stream begins of whom nothing is known, if not with a snapshot. */
export function beginningOf({ stream, source }: Group): CursorPosition | null {
  const { position, newest, beganBehind } = stream;
  return source.beginsWithSnapshot ? null : { ...position, at: newest?.at ?? beganBehind };
}

/** A place was kept while its client was here, or a little longer: however old the last event, nothing older is missing. */
function placeOf(place: KeptPlace, maxAgeMs: number, now: WallTime): KnownPosition {
  return { ...place, isBelieved: true, since: Math.max(place.at, shifted(now, -maxAgeMs)) };
}

/**
 * A position of the present log can be continued, so it is later than one of a log that was lost. Events that a snapshot has shown
 * behind the other one may be yet to come in either log.
 */
function laterOf(epoch: string, one: KnownPosition, other: KnownPosition): KnownPosition {
  const isOneLog = one.epoch === other.epoch;
  const isFirst = isOneLog ? one.offset <= other.offset : one.since <= other.since;
  const [first, second] = isFirst ? [one, other] : [other, one];
  const later = !isOneLog && first.epoch === epoch ? first : second;
  const snapshotVersions = combineVersions(first.snapshotVersions ?? null, second.snapshotVersions ?? null);
  return { ...later, snapshotVersions };
}
