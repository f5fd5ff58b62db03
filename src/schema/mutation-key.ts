/** Reads the idempotency keys of clients, and names mutations by them. */
import type { GraphQLResolveInfo } from 'graphql';
import { badUserInput } from '../lib/errors.ts';
import { createMutationKey, type MutationKey } from '../lib/mutation-key.ts';
import type { ViewerContext } from './context.ts';

const maxLength = 128;

/**
 * What a client gave as an idempotency key; null where they gave none. The header's draft puts it in quotes, which are no part of it.
 *
 * @throws BAD_USER_INPUT unless it is 1 to 128 visible ASCII characters
 */
export function parseIdempotencyKey(given: unknown): string | null {
  if (given === undefined || given === null) return null;
  const key = typeof given === 'string' ? given.replace(/^"(.*)"$/, '$1') : '';
  if (key.length > maxLength || !/^[\x21-\x7e]+$/.test(key))
    throw badUserInput(`An idempotency key must be 1 to ${maxLength} visible ASCII characters.`, {
      field: 'idempotencyKey',
    });
  return key;
}

/** The name of the mutation that is resolved; null where the client gave no key, neither to the field nor to the request. */
export function mutationKeyOf(
  { idempotencyKey, ...args }: { readonly idempotencyKey?: string | null | undefined },
  { viewer, idempotencyKey: ofRequest }: Pick<ViewerContext, 'viewer' | 'idempotencyKey'>,
  { fieldName: field, path }: Pick<GraphQLResolveInfo, 'fieldName' | 'path'>,
): MutationKey | null {
  const key = parseIdempotencyKey(idempotencyKey) ?? ofRequest;
  if (key === null) return null;
  const responseName = String(path.key);
  return createMutationKey({ viewerId: viewer.id, idempotencyKey: key, responseName, field, args });
}
