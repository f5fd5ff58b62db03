/** Owns how a stream whose past is no longer kept catches up: everything that was changed since its last event. */
import { badUserInput } from '../lib/errors.ts';

/** Clocks of processes differ, and what is dated earlier may be committed later. */
const slackMs = 5_000;
const pageSize = 500;
const maxItems = 10_000;

/** One page of what was changed at `fromMs` or later, in order of id behind `afterId`. */
export type ReadPage<T> = (fromMs: number, afterId: string | null, limit: number) => Promise<readonly T[]>;

/**
 * All that was changed since, and a little more. No further page is read once `signal` is aborted.
 *
 * @throws BAD_USER_INPUT when it is more than a stream can begin with: then a list is the better way to begin
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
