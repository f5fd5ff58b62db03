/** The single connection mode of graphql-sse: one event stream, to which operations come with requests of their own. */
import type { StreamTicket, StreamTickets } from '../../../auth/stream-tickets.ts';
import type { Viewer } from '../../../auth/viewer.ts';
import type { GraphQLExchange, SharedStreams, StreamOpening } from '../../../http/stream-transport.ts';
import { readTicket, ticketOf } from '../../../http/tickets/ticket-request.ts';
import { ClientError } from '../../../lib/errors.ts';
import { maxIdBytes } from '../../shared-connection.ts';
import type { TransportContext } from '../../transport.ts';
import { beginEvents } from '../head.ts';
import { TicketPass } from '../ticket-pass.ts';
import { StreamDirectory, type StreamAnswer } from './directory.ts';
import { SharedStream } from './stream.ts';

export class SharedStreamServer implements SharedStreams {
  readonly #context: TransportContext;
  readonly #tickets: StreamTickets;
  readonly #directory: StreamDirectory;

  constructor(context: TransportContext, tickets: StreamTickets) {
    this.#context = context;
    this.#tickets = tickets;
    this.#directory = new StreamDirectory(context);
  }

  async open(opening: StreamOpening): Promise<number> {
    const { request, reply, viewer, ticket, signal } = opening;
    const { sessions } = this.#context;
    sessions.refuseNewcomers();
    const pass = passOf(this.#tickets, opening);
    let isClosed = false;
    let leave: (() => void) | null = null;
    const stream = new SharedStream(this.#context, {
      ...{ response: reply.raw, viewer },
      onClosed: () => {
        isClosed = true;
        leave?.();
      },
    });
    try {
      await pass.use();
      signal.throwIfAborted();
      leave = await this.#directory.add(ticket.id, stream);
    } catch (error) {
      stream.abandon();
      throw error;
    }
    // Its client may have left while all processes were told.
    if (isClosed) leave();
    else {
      beginEvents(this.#context, { request, reply });
      stream.start(pass.idOf(''));
    }
    return 200;
  }

  async end(ticket: StreamTicket, { id: viewerId }: Viewer, operationId: string): Promise<void> {
    const answer = await this.#directory.ask(ticket.id, { viewerId, end: operationId });
    if (answer !== 'ended') throw refusalOf(answer);
  }

  /** Whether a request has an operation for such a stream. */
  accepts({ request }: Pick<GraphQLExchange, 'request'>): boolean {
    return request.method === 'POST' && ticketOf(request) !== null;
  }

  /** Hands the operation over to its stream, which shows all that comes of it. Resolves with the HTTP status. */
  async post({ request, reply, operationRequest, caller, answer }: GraphQLExchange): Promise<number> {
    const { viewer, address, idempotencyKey, isTrusted } = caller;
    const ticket = readTicket(this.#tickets, request, viewer);
    const id = operationRequest.extensions?.['operationId'];
    if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > maxIdBytes)
      throw new ClientError(
        'BAD_REQUEST',
        `"extensions.operationId" must be a text of up to ${maxIdBytes} bytes.`,
      );
    const run = {
      ...{ id, request: operationRequest, address, idempotencyKey, isTrusted },
      bytes: request.bodyBytes,
    };
    const outcome = await this.#directory.ask(ticket.id, { viewerId: viewer.id, run });
    if (outcome !== 'accepted') throw refusalOf(outcome);
    answer.release();
    await reply.code(202).send();
    return 202;
  }

  close(): void {
    this.#directory.close();
  }
}

function passOf(
  tickets: StreamTickets,
  { request: { headers }, ticket, signal }: Pick<StreamOpening, 'request' | 'ticket' | 'signal'>,
): TicketPass {
  const shown = headers['last-event-id'];
  const lastEventId = typeof shown === 'string' && shown !== '' ? shown : null;
  // Which stream is the newest is told by the directory.
  return new TicketPass({ tickets, ticket, operation: '', lastEventId, slots: null, signal });
}

function refusalOf(answer: StreamAnswer): ClientError {
  if (answer === 'taken') return new ClientError('CONFLICT', 'Another operation of the stream has this id.');
  if (answer === 'full') return new ClientError('LIMIT_EXCEEDED', 'The stream has too many operations.');
  return new ClientError('NOT_FOUND', 'There is no open event stream with this ticket: open another one.');
}
