/** GraphQL over Server-Sent Events, distinct connections mode: one response for each operation. */
import { OperationTypeNode, type FormattedExecutionResult } from 'graphql';
import {
  acceptedTypes,
  acceptsEventsAlone,
  eventStreamType,
  preferredType,
} from '../../http/accepted-types.ts';
import { isMalformed, retryAfterMs, sendGraphQLErrors } from '../../http/graphql-response.ts';
import type {
  GraphQLExchange,
  RefusedRequest,
  SentRefusal,
  StreamTransport,
} from '../../http/stream-transport.ts';
import { ClientError } from '../../lib/errors.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { makingRoom, resultOf } from '../http-stream/attempt.ts';
import { cut } from '../http-stream/cut.ts';
import { beginningEvent, completedId, eventStreamOf } from './framing.ts';
import { beginEvents, headsFor } from './head.ts';
import { SharedStreamServer } from './shared/server.ts';
import { EventStream } from './stream.ts';
import { TicketPass } from './ticket-pass.ts';

export function createSseTransport(context: TransportContext): Transport {
  const shared = context.tickets && new SharedStreamServer(context, context.tickets);
  return {
    overHttp: new EventStreams(context, shared),
    ...(shared && { shared }),
    close: () => shared?.close(),
  };
}

class EventStreams implements StreamTransport {
  readonly #context: TransportContext;
  readonly #passes = new WeakMap<GraphQLExchange['request'], TicketPass>();

  readonly #shared: SharedStreamServer | null;

  constructor(context: TransportContext, shared: SharedStreamServer | null) {
    this.#context = context;
    this.#shared = shared;
  }

  /**
   * A client that prefers event streams gets one for any operation. One that merely accepts them, as some do in every
   * request, gets one for a subscription, which cannot be answered otherwise.
   */
  accepts(exchange: GraphQLExchange): boolean {
    const { request, found } = exchange;
    if (this.#shared?.accepts(exchange)) return true;
    const types = acceptedTypes(request.headers.accept);
    if (types[0] === eventStreamType) return true;
    return types.includes(eventStreamType) && typeOf(found) === OperationTypeNode.SUBSCRIPTION;
  }

  async serve(exchange: GraphQLExchange): Promise<number> {
    const { request, reply, found } = exchange;
    if (this.#shared?.accepts(exchange)) return this.#shared.post(exchange);
    if (isOver(request)) {
      await reply.code(204).send();
      return 204;
    }
    if (request.method === 'GET' && typeOf(found) === OperationTypeNode.MUTATION)
      throw new ClientError('BAD_REQUEST', 'A mutation must be sent by POST.');
    let pass = null as TicketPass | null;
    const attempt = () => this.#serveOnce(exchange, (pass ??= this.#passOf(exchange)));
    try {
      return await makingRoom(this.#context, exchange.caller.viewer.id, attempt);
    } finally {
      pass?.endUnlessBegun();
    }
  }

  /**
   * What is told by events: everything, to one who hands them on, since a status loses our code, and to a browser's EventSource,
   * which takes every status for the end and shows none. The stock client takes a status, and tries again.
   */
  refuses({ request, errors }: RefusedRequest): boolean {
    if (this.#shared?.accepts({ request })) return true;
    if (preferredType(request) !== eventStreamType || isMalformed(errors)) return false;
    return !acceptsEventsAlone(request) || request.method === 'GET';
  }

  /** An EventSource is told why by an event, and comes back at once where that is for good: only then it gets what ends it. */
  refuse({ request, reply, errors }: RefusedRequest): SentRefusal {
    if (this.#shared?.accepts({ request }))
      return sendGraphQLErrors(request, reply, errors, { isRequest: false });
    if (isOver(request)) {
      void reply.code(204).send();
      return { status: 204, bytes: 0 };
    }
    if (!acceptsEventsAlone(request) || retryAfterMs(errors) === undefined) {
      const events = eventStreamOf({ errors });
      void reply.code(200).headers(headsFor(request.method)).send(events);
      return { status: 200, bytes: Buffer.byteLength(events) };
    }
    const response = beginEvents(this.#context, { request, reply });
    // Not all of them at the same moment.
    const retryMs = Math.ceil(retryAfterMs(errors)! * (1 + Math.random() / 2));
    const event = beginningEvent(retryMs, this.#passes.get(request)?.place);
    response.write(event);
    cut(response, this.#context.clock);
    return { status: 200, bytes: event.length };
  }

  async #serveOnce(exchange: GraphQLExchange, pass: TicketPass | null): Promise<number> {
    const { operations, tracker } = this.#context;
    const { request, found, operationRequest, caller } = exchange;
    const quota = tracker.subscriptionsOf(caller.viewer);
    const said = lastEventIdOf(request);
    const lastEventId = pass ? pass.lastEventId : said === completedId ? null : said;
    const own = { quota, lastEventId, resumption: pass ?? undefined };
    const outcome = await operations.run(found, operationRequest.variables ?? {}, { ...caller, ...own });
    if (outcome.kind === 'stream') return this.#open(exchange, outcome.stream, pass);
    if (outcome.kind === 'result') await pass?.use();
    return sendResult(exchange, resultOf(outcome));
  }

  /** @throws what `TicketPass` throws */
  #passOf({ request, ticket, caller: { signal } }: GraphQLExchange): TicketPass | null {
    const { tickets, slots } = this.#context;
    if (ticket === null || tickets === null) return null;
    const [operation, lastEventId] = [operationOf(request), lastEventIdOf(request)];
    const pass = new TicketPass({ tickets, ticket, operation, lastEventId, slots, signal });
    this.#passes.set(request, pass);
    return pass;
  }

  #open(
    { request, reply, caller, answer }: GraphQLExchange,
    stream: OpenStream,
    pass: TicketPass | null,
  ): number {
    if (caller.signal.aborted) stream.leave();
    caller.signal.throwIfAborted();
    const isTold = !acceptsEventsAlone(request);
    const events = new EventStream(this.#context, {
      ...{ response: reply.raw, stream, isTold, pass },
      viewer: caller.viewer,
    });
    answer.release();
    beginEvents(this.#context, { request, reply });
    events.start();
    return 200;
  }
}

/** Whether an EventSource has been shown the end. It comes back after every one, until it gets the status 204. */
const isOver = (request: GraphQLExchange['request']): boolean =>
  request.method === 'GET' && lastEventIdOf(request) === completedId;

/** The id of the last event that the client has read; null where it names none. */
function lastEventIdOf({ headers }: GraphQLExchange['request']): string | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : null;
}

/** What a ticket is used for: an EventSource comes back with the same address. */
function operationOf({ query }: GraphQLExchange['request']): string {
  const { query: text, operationName, variables, ...more } = query as Readonly<Record<string, unknown>>;
  const names = text === undefined ? [more['documentId'], more['extensions']] : [];
  return JSON.stringify([text, operationName, variables, ...names]);
}

function typeOf({ operation }: GraphQLExchange['found']): OperationTypeNode | undefined {
  return operation?.definition.operation;
}

/** A stream with one result. Errors of an operation are sent this way too, since an EventSource cannot read the body of a 4xx. */
async function sendResult(
  { request, reply, record, found, answer }: GraphQLExchange,
  result: FormattedExecutionResult,
): Promise<number> {
  const events = eventStreamOf(result);
  answer.take(Buffer.byteLength(events), { wasChange: typeOf(found) === OperationTypeNode.MUTATION });
  record.errors = result.errors ?? [];
  await reply.headers(headsFor(request.method)).send(events);
  return 200;
}
