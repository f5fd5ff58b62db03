/** Names a mutation, so that whoever sends it again gets its first effect and makes no second one. */
import { createHash } from 'node:crypto';
import { oneSpelling } from './text/readable-text.ts';

/** A mutation with a name of its own. Both texts are digests: nothing that a client wrote is kept, be it a token. */
export interface MutationKey {
  /** Of the viewer, their key, and the response name of the field: a document may have several. */
  readonly id: string;
  /** Of the field and its arguments, by which another mutation with the same key is told apart. */
  readonly content: string;
}

export interface NamedMutation {
  readonly viewerId: string;
  /** What the client chose. */
  readonly idempotencyKey: string;
  readonly responseName: string;
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export function createMutationKey(mutation: NamedMutation): MutationKey {
  const { viewerId, idempotencyKey, responseName, field, args } = mutation;
  return { id: digest([viewerId, idempotencyKey, responseName]), content: digest([field, sorted(args)]) };
}

const digest = (value: unknown): string =>
  createHash('sha256')
    .update(oneSpelling(JSON.stringify(value)))
    .digest('base64url');

/** Routers may put arguments in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, sorted(each)]);
}
