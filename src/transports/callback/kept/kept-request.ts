/** What is kept of a subscription by callback, so that another process can go on with it: never the token, but what it said. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Viewer } from '../../../auth/viewer.ts';
import type { OperationRequest } from '../../../operations/request.ts';
import type { CallbackRequest } from '../request.ts';

/** A subscription with everything that it takes to go on with it. */
export interface KeptRequest {
  readonly callback: CallbackRequest;
  readonly viewer: Viewer;
  readonly operation: Pick<OperationRequest, 'query' | 'operationName' | 'variables'>;
}

/** One that takes more is served, and not kept. */
const maxBytes = 128 * 1024;

const stored = z.object({
  callback: z.object({
    url: z.string().refine((url) => URL.canParse(url)),
    id: z.string(),
    verifier: z.string(),
    heartbeatIntervalMs: z.number(),
  }),
  viewer: z.object({
    id: z.string(),
    name: z.string().nullable(),
    role: z.string(),
    permissions: z.array(z.string()),
    ambulanciaId: z.string().nullable(),
    expiresAt: z.number().nullable(),
    issuedAt: z.number().optional(),
  }),
  operation: z.object({
    query: z.string(),
    operationName: z.string().nullable(),
    variables: z.record(z.string(), z.unknown()),
  }),
});

/** By which it is found: the same for the same viewer, router and id, so that nobody ends a subscription of somebody else by its id. */
export const keptName = ({ viewerId, id, url }: CallbackRequest): string =>
  hash('sha256', JSON.stringify([viewerId, id, url.href]), 'base64url');

/**
 * Null for one that cannot be kept: it is too long, or rests on a token that has to be verified again and again, which takes the
 * token itself.
 */
export function formatKept({ callback, viewer, operation }: KeptRequest): string | null {
  if (viewer.recheckAt !== undefined) return null;
  const { url, id, verifier, heartbeatIntervalMs } = callback;
  const { issuedAt, name, role, permissions, ambulanciaId, expiresAt } = viewer;
  const { query, operationName, variables } = operation;
  const text = JSON.stringify({
    callback: { url: url.href, id, verifier, heartbeatIntervalMs },
    viewer: {
      ...{ id: viewer.id, name, role, ambulanciaId, expiresAt },
      permissions: [...permissions],
      ...(issuedAt !== undefined && { issuedAt }),
    },
    operation: { query, operationName: operationName ?? null, variables: variables ?? {} },
  } satisfies z.input<typeof stored>);
  return Buffer.byteLength(text) > maxBytes ? null : text;
}

/** Null for one that this version cannot read: a newer one has kept it. */
export function readKept(data: string): KeptRequest | null {
  const read = stored.safeParse(parseJson(data));
  if (!read.success) return null;
  const { callback, viewer, operation } = read.data;
  const { issuedAt, permissions, ...claims } = viewer;
  return {
    callback: { ...callback, url: new URL(callback.url), viewerId: viewer.id },
    viewer: {
      ...claims,
      permissions: new Set(permissions),
      ...(issuedAt !== undefined && { issuedAt }),
    },
    operation,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
