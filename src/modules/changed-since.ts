/** Reads everything that was changed since a stream's last event, for streams whose past the event log no longer keeps. */
import { badUserInput } from '../lib/errors.ts';

/** How much earlier the read begins, milliseconds: clocks of processes differ, and a change may be committed after one that is dated later. */
const slackMs = 5_000;
const pageSize = 500;
const maxItems = 10_000;

/** At most `limit` items that were changed at `fromMs` or later, by ascending id, after `afterId`. */
export type ReadPage<T> = (fromMs: number, afterId: string | null, limit: number) => Promise<readonly T[]>;

/**
 * Everything that was changed since `sinceMs`, and a little that was changed before. No further page is read once `signal`
 * is aborted.
 *
 * @throws BAD_USER_INPUT when there are more than 10,000 items: a client then begins with a list
 */
export async function readChangedSince<T extends { readonly id: string }>(
  sinceMs: number,
  signal: AbortSignal,
  readPage: ReadPage<T>,
): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    signal.throwIfAborted();
    const page = await readPage(sinceMs - slackMs, items.at(-1)?.id ?? null, pageSize);
    items.push(...page);
    if (page.length < pageSize) return items;
    if (items.length > maxItems)
      throw badUserInput(
        `More than ${maxItems} items have changed since this cursor: list them anew and begin from there.`,
      );
  }
}
