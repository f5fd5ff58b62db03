/** Answers to GraphQL requests that are refused as a whole. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { errorCodes, isErrorCode } from '../lib/errors.ts';

const responseType = 'application/graphql-response+json';

/** The status of a request that failed as a whole: that of its first error. */
export function statusOf([first]: readonly GraphQLFormattedError[]): number {
  const code = first?.extensions?.['code'];
  return isErrorCode(code) ? errorCodes[code].status : 500;
}

/** Sends errors the way a GraphQL client expects them, in the media type that the request prefers. */
export function sendGraphQLErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  errors: readonly GraphQLFormattedError[],
): { readonly status: number; readonly bytes: number } {
  const status = statusOf(errors);
  const body = JSON.stringify({ errors });
  const type = request.headers.accept?.includes(responseType) ? responseType : 'application/json';
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply.code(status).header('content-type', `${type}; charset=utf-8`).send(body);
  return { status, bytes: Buffer.byteLength(body) };
}
