/** What is known of how far a client has come before its subscription begins: by its cursor, and by a place that was kept for it. */
import { hasCome, shifted, type WallTime } from '../lib/clock.ts';
import { InvalidCursorError, type CursorPosition, type ReceivedCursor } from './cursors/cursor.ts';
import type { Group } from './group.ts';
import type { CursorRules, StartOptions } from './replay.ts';
import { unknownTime } from './source.ts';

/** Where a client has come to. */
export interface KnownPosition extends ReceivedCursor {
  /** Whether this service has said so itself: else the client may have made it up, and begins anew. */
  readonly isBelieved: boolean;
  /** When the last event happened that the client knows, or `unknownTime`. */
  readonly since: number;
}

/**
 * Of cursor and place the later one. Null where there is neither.
 *
 * Throws `InvalidCursorError`, and what finding the place throws.
 */
export async function findKnownPosition(group: Group, options: StartOptions): Promise<KnownPosition | null> {
  const { after, clock, cursors, findPlace } = options;
  const now = clock.now();
  const cursor = after === null ? null : readCursor(group, after, { cursors, now });
  if (!findPlace) return cursor;
  const place = await findPlace(beginningOf(group, after));
  return laterOf(group.stream.position.epoch, cursor, place && placeOf(place, cursors.maxAgeMs, now));
}

function readCursor(
  { stream }: Group,
  after: string,
  { cursors, now }: { readonly cursors: CursorRules; readonly now: WallTime },
): KnownPosition {
  const cursor = stream.cursors.parse(after);
  if (!cursor) throw new InvalidCursorError();
  const isBelieved = cursor.at !== null || (cursors.unsignedUntil !== null && !hasCome(cursors.unsignedUntil, now));
  return { ...cursor, isBelieved, since: cursor.at ?? unknownTime };
}

/** Where the stream begins of whom nothing is known, if not with a snapshot. */
function beginningOf({ stream, source }: Group, after: string | null): CursorPosition | null {
  return after === null && !source.beginsWithSnapshot ? { ...stream.position, at: stream.lastAt } : null;
}

/** A place was kept while its client was here, or a little longer: however old the last event, nothing older is missing. */
function placeOf(place: CursorPosition, maxAgeMs: number, now: WallTime): KnownPosition {
  return { ...place, isBelieved: true, since: Math.max(place.at, shifted(now, -maxAgeMs)) };
}

/** A position of the present log can be continued, so it is later than one of a log that was lost. */
function laterOf(
  epoch: string,
  cursor: KnownPosition | null,
  place: KnownPosition | null,
): KnownPosition | null {
  if (!cursor?.isBelieved) return place ?? cursor;
  if (!place) return cursor;
  if (cursor.epoch === place.epoch) return cursor.offset > place.offset ? cursor : place;
  if (cursor.epoch === epoch || place.epoch === epoch) return cursor.epoch === epoch ? cursor : place;
  return cursor.since > place.since ? cursor : place;
}
