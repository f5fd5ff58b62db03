/** Tickets at /graphql, as graphql-sse asks for them: a PUT gets one, a GET opens its stream, and a DELETE ends an operation on it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readAuthorization, readRequestToken } from '../../auth/request-token.ts';
import type { StreamTickets } from '../../auth/stream-tickets.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { ClientError } from '../../lib/errors.ts';
import type { ErrorFormatter } from '../../operations/format-error.ts';
import type { Operations } from '../../operations/operations.ts';
import { newAttempt } from '../../operations/request.ts';
import type { AddressOf } from '../connections/client-address.ts';
import { sendGraphQLErrors } from '../graphql-response.ts';
import type { Identities } from '../identity.ts';
import type { SharedStreams, StreamOpening } from '../stream-transport.ts';
import { pageOf, readTicket, ticketOf } from './ticket-request.ts';

export interface TicketsOptions {
  readonly tickets: Pick<StreamTickets, 'issue' | 'read'>;
  readonly sharedStreams: SharedStreams;
  readonly identities: Identities;
  readonly operations: Pick<Operations, 'countRequest'>;
  readonly addressOf: AddressOf;
  readonly formatError: ErrorFormatter;
}

type Answer = (options: TicketsOptions, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export function addTickets(server: FastifyInstance, url: string, options: TicketsOptions): void {
  for (const [method, answer] of Object.entries({ PUT: give, DELETE: endOperation }))
    server.route({
      ...{ method, url },
      // Before a body is read, since the answer does not depend on it.
      onRequest: async (request, reply) => {
        await options.identities.find(request);
        return answer(options, request, reply);
      },
      errorHandler: (error, request, reply) => {
        const errors = [options.formatError(error, { requestId: request.id })];
        sendGraphQLErrors(request, reply, errors, { isRequest: false });
      },
      handler: (_request, reply) => reply,
    });
}

/** Whether a request asks for a stream that operations of other requests are to share. */
export const asksForSharedStream = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  (request.query as Readonly<Record<string, unknown>>)['query'] === undefined &&
  ticketOf(request) !== null;

/** Rejects when it is refused before an answer began. */
export async function openSharedStream(
  options: TicketsOptions,
  asked: Omit<StreamOpening, 'viewer' | 'ticket'>,
): Promise<void> {
  const { request } = asked;
  const viewer = count(options, request);
  const { identity } = request;
  const ticket = (identity?.viewer && identity.ticket) || readTicket(options.tickets, request, viewer);
  await options.sharedStreams.open({ ...asked, viewer, ticket });
}

const give: Answer = async (options, request, reply) => {
  const viewer = count(options, request);
  const token = readRequestToken(readAuthorization(request.raw))!;
  const ticket = options.tickets.issue(viewer, token, pageOf(request));
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return reply.code(201).headers(headers).send(ticket);
};

const endOperation: Answer = async (options, request, reply) => {
  const viewer = count(options, request);
  const ticket = readTicket(options.tickets, request, viewer);
  const { operationId } = request.query as Readonly<Record<string, unknown>>;
  if (typeof operationId !== 'string' || operationId === '')
    throw new ClientError('BAD_REQUEST', '"operationId" must name an operation.');
  await options.sharedStreams.end(ticket, viewer, operationId);
  return reply.code(200).send();
};

/** The viewer, whose request counts like any other. */
function count({ operations, addressOf }: TicketsOptions, request: FastifyRequest): Viewer {
  const { identity } = request;
  if (!identity?.viewer) throw identity?.refusal;
  const { viewer } = identity;
  operations.countRequest({ viewer, address: addressOf(request.raw), attempt: newAttempt() });
  return viewer;
}
