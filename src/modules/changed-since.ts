/** What was changed since a stream's last event, for streams whose past the event log no longer keeps. */
import { CursorTooOldError } from '../realtime/cursors/cursor.ts';
import { pagesOf, type SnapshotItem, type SnapshotPages } from '../realtime/source.ts';

/**
 * How much earlier the read begins, milliseconds: a change may be committed after one that is dated later, and dates that are a little
 * ahead may not have been noticed yet.
 */
const slackMs = 30_000;
const maxItems = 10_000;

export interface ChangesReader<K> {
  /** The keys of at most `limit` items that were changed at `fromMs` or later. Reads no more than these of any table. */
  readonly find: (fromMs: number, limit: number) => Promise<readonly K[]>;
  /** Items that are not shown are counted, and not read. Default: all are shown. */
  readonly isShown?: (key: K) => boolean;
  /** The items of a few keys, as they are now. */
  readonly read: (keys: readonly K[], signal: AbortSignal) => Promise<readonly SnapshotItem[]>;
}

/**
 * Everything that was changed since `sinceMs`, and a little that was changed before.
 *
 * @throws CursorTooOldError when there are more than 10,000 items, before any of them is read
 */
export async function changesSince<K>(
  sinceMs: number,
  signal: AbortSignal,
  { find, isShown = () => true, read }: ChangesReader<K>,
): Promise<SnapshotPages> {
  const keys = await find(sinceMs - slackMs, maxItems + 1);
  signal.throwIfAborted();
  if (keys.length > maxItems) throw new CursorTooOldError(`is behind more than ${maxItems} changes`);
  return pagesOf(keys.filter(isShown), read);
}
