/** Compares what two servers sent to their clients: only if it is the same may their figures be compared. */
import { isDeepStrictEqual } from 'node:util';

/** Compares operation ids too, where both protocols have them (Socket.IO has none). */
export function showTheSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => isSame(one, others[index]));
}

function isSame(one: unknown, other: unknown): boolean {
  const [some, others] = [one, other] as { id?: unknown; payload?: unknown }[];
  const hasNoId = some?.id === null || others?.id === null;
  return hasNoId ? isDeepStrictEqual(some?.payload, others?.payload) : isDeepStrictEqual(one, other);
}
