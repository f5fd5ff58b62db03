/** Whether clients were shown the same by two servers: only then are their figures worth comparing. */
import { isDeepStrictEqual } from 'node:util';

/** Operation ids included, where the protocol has them. */
export function showTheSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => isSame(one, others[index]));
}

function isSame(one: unknown, other: unknown): boolean {
  const [some, others] = [one, other] as { id?: unknown; payload?: unknown }[];
  const hasNoId = some?.id === null || others?.id === null;
  return hasNoId ? isDeepStrictEqual(some?.payload, others?.payload) : isDeepStrictEqual(one, other);
}
