/** What every event of a stream says of its place there: the fields that all update types have. */
import type { Recovery } from '../generated/resolvers.ts';
import type { CursorText } from '../realtime/cursors/lazy-cursor.ts';
import type { TopicEvent } from '../realtime/topics/topic.ts';
import { streamPosition } from '../realtime/topics/compared-position.ts';

export interface StreamPlace {
  readonly cursor: CursorText;
  readonly position: string;
  readonly follows: string | null;
  readonly recovered: Recovery | null;
}

export type PlaceOrNone = StreamPlace | { readonly [F in keyof StreamPlace]: null };

/** Of what is shown outside a stream. */
export const noPlace: PlaceOrNone = { cursor: null, position: null, follows: null, recovered: null };

export const placeOf = (
  { cursor, began, offset }: TopicEvent<unknown>,
  follows: string | null,
): StreamPlace => ({ cursor, position: streamPosition(began, offset), follows, recovered: null });

export const placeInSnapshot = (
  cursor: string,
  position: string,
  recovered: Recovery | null,
): StreamPlace => ({
  cursor,
  position,
  follows: null,
  recovered,
});

/** How a snapshot is marked that shows no more than the state. `since`: that of the request, null where the stream begins with it. */
export const partlySince = (since: number | null): Recovery | null => (since === null ? null : 'PARTIAL');
