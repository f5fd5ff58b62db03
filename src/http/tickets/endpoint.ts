/** Gives a ticket for a token: a PUT to /graphql, as graphql-sse asks for the right to open an event stream. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readAuthorization, readRequestToken } from '../../auth/request-token.ts';
import type { StreamTickets } from '../../auth/stream-tickets.ts';
import type { ErrorFormatter } from '../../operations/format-error.ts';
import type { Operations } from '../../operations/operations.ts';
import { newAttempt } from '../../operations/request.ts';
import type { AddressOf } from '../connections/client-address.ts';
import { sendGraphQLErrors } from '../graphql-response.ts';
import type { Identities } from '../identity.ts';
import { pageOf } from './ticket-request.ts';

export interface TicketsOptions {
  readonly tickets: Pick<StreamTickets, 'issue'>;
  readonly identities: Identities;
  readonly operations: Pick<Operations, 'countRequest'>;
  readonly addressOf: AddressOf;
  readonly formatError: ErrorFormatter;
}

export function addTickets(server: FastifyInstance, url: string, options: TicketsOptions): void {
  const { identities, formatError } = options;
  server.route({
    method: 'PUT',
    url,
    // Before a body is read, since the answer does not depend on it.
    onRequest: async (request, reply) => {
      await identities.find(request);
      const ticket = issue(options, request);
      const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
      return reply.code(201).headers(headers).send(ticket);
    },
    errorHandler: (error, request, reply) => {
      const errors = [formatError(error, { requestId: request.id })];
      sendGraphQLErrors(request, reply, errors, { isRequest: false });
    },
    handler: (_request, reply) => reply,
  });
}

function issue({ tickets, identities, operations, addressOf }: TicketsOptions, request: FastifyRequest) {
  const identity = identities.of(request);
  if (!identity?.viewer) throw identity?.refusal;
  const { viewer } = identity;
  operations.countRequest({ viewer, address: addressOf(request.raw), attempt: newAttempt() });
  const token = readRequestToken(readAuthorization(request.raw))!;
  return tickets.issue(viewer, token, pageOf(request));
}
