/** Owns answers in GraphQL's shape to requests that never reached GraphQL. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';

const responseType = 'application/graphql-response+json';

/** Sends one error the way a GraphQL client expects it, in the media type that the request prefers. */
export function sendGraphQLError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error: GraphQLFormattedError,
): FastifyReply {
  const type = request.headers.accept?.includes(responseType) ? responseType : 'application/json';
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .header('content-type', `${type}; charset=utf-8`)
    .send(JSON.stringify({ errors: [error] }));
}
