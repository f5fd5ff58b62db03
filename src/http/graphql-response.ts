/** Answers to GraphQL requests that are refused as a whole. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { errorCodes, isErrorCode, isTransient, retryAfterMsOf, type ErrorCode } from '../lib/errors.ts';
import { acceptedTypes, jsonType, preferredType, responseType } from './accepted-types.ts';

/** What is no GraphQL request, or was sent in a wrong way. */
const malformed: ReadonlySet<unknown> = new Set<ErrorCode>([
  'BAD_REQUEST',
  'CLIENT_CLOSED_REQUEST',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]);

/** Where an error that passes does not say when. */
const defaultRetryAfterMs = 1_000;

/** Whether the errors say that there was no GraphQL request. */
export function isMalformed([first]: readonly GraphQLFormattedError[]): boolean {
  return malformed.has(first?.extensions?.['code']);
}

/** When to ask again after these errors, milliseconds; undefined where that does not help. */
export function retryAfterMs([first]: readonly GraphQLFormattedError[]): number | undefined {
  return first && isTransient(first) ? (retryAfterMsOf(first) ?? defaultRetryAfterMs) : undefined;
}

/** The header that says so, in seconds. */
export function retryHeader(errors: readonly GraphQLFormattedError[]): Readonly<Record<string, string>> {
  const ms = retryAfterMs(errors);
  return ms === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(ms / 1_000))) };
}

/**
 * The status of a request that failed as a whole: that of its first error, or 200 where it is answered as plain JSON. GraphQL
 * over HTTP recommends that, and a router makes of any other status an error of its own beside ours.
 */
export function statusOf(
  errors: readonly GraphQLFormattedError[],
  request: Pick<FastifyRequest, 'headers'>,
): number {
  return preferredType(request) === jsonType && !isMalformed(errors) ? 200 : statusOfFirst(errors);
}

function statusOfFirst(errors: readonly GraphQLFormattedError[]): number {
  const code = errors[0]?.extensions?.['code'];
  return isErrorCode(code) ? errorCodes[code].status : 500;
}

/**
 * Sends errors the way a GraphQL client expects them, in the media type that the request prefers. `isRequest`: whether it was
 * a GraphQL request; what was none keeps its status.
 */
export function sendGraphQLErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  errors: readonly GraphQLFormattedError[],
  { isRequest }: { readonly isRequest: boolean },
): { readonly status: number; readonly bytes: number } {
  const status = isRequest ? statusOf(errors, request) : statusOfFirst(errors);
  const body = JSON.stringify({ errors });
  const isPlain = isRequest && preferredType(request) === jsonType;
  const takesResponseType = acceptedTypes(request.headers.accept).includes(responseType);
  const type = takesResponseType && !isPlain ? responseType : jsonType;
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply
    .code(status)
    .headers({ ...retryHeader(errors), 'content-type': `${type}; charset=utf-8` })
    .send(body);
  return { status, bytes: Buffer.byteLength(body) };
}
