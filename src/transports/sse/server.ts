/** GraphQL over Server-Sent Events, distinct connections mode: one response for each operation. */
import { OperationTypeNode, type FormattedExecutionResult } from 'graphql';
import Negotiator from 'negotiator';
import type { GraphQLExchange, StreamTransport } from '../../http/stream-transport.ts';
import { ClientError, type ErrorCode } from '../../lib/errors.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { eventStreamOf } from './framing.ts';
import { EventStream } from './stream.ts';

const mediaType = 'text/event-stream';
const headsFor = (method: string) => ({
  'content-type': `${mediaType}; charset=utf-8`,
  // Caches keep what was answered to a GET unless they are told not to.
  'cache-control': `${method === 'GET' ? 'private, no-store' : 'no-cache'}, no-transform`,
  // Else nginx holds events back until its buffer is full.
  'x-accel-buffering': 'no',
});
/** Errors that pass are answered with their HTTP status, since the stock client then tries again. */
const passing: ReadonlySet<unknown> = new Set<ErrorCode>([
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'UPSTREAM_UNAVAILABLE',
]);

export function createSseTransport(context: TransportContext): Transport {
  return { overHttp: new EventStreams(context), close: () => {} };
}

class EventStreams implements StreamTransport {
  readonly #context: TransportContext;

  constructor(context: TransportContext) {
    this.#context = context;
  }

  /**
   * A client that prefers event streams gets one for any operation. One that merely accepts them, as some do in every
   * request, gets one for a subscription, which cannot be answered otherwise.
   */
  accepts({ request, found }: GraphQLExchange): boolean {
    const types = acceptedTypes(request.headers.accept);
    if (types[0] === mediaType) return true;
    return types.includes(mediaType) && typeOf(found) === OperationTypeNode.SUBSCRIPTION;
  }

  async serve(exchange: GraphQLExchange): Promise<number> {
    const { operations, sessions, tracker } = this.#context;
    const { request, found, operationRequest, caller } = exchange;
    sessions.refuseWhileDraining();
    if (request.method === 'GET' && typeOf(found) === OperationTypeNode.MUTATION)
      throw new ClientError('BAD_REQUEST', 'A mutation must be sent by POST.');
    const quota = tracker.subscriptionsOf(caller.viewer);
    const outcome = await operations.run(found, operationRequest.variables ?? {}, { ...caller, quota });
    if (outcome.kind === 'stream') return this.#open(exchange, outcome.stream);
    if (outcome.kind === 'result') return sendResult(exchange, outcome.result);
    const [first] = outcome.errors;
    const { code, ...extensions } = first?.extensions ?? {};
    if (passing.has(code)) throw new ClientError(code as ErrorCode, first!.message, extensions);
    return sendResult(exchange, { errors: outcome.errors });
  }

  #open({ request, reply, caller, answer }: GraphQLExchange, stream: OpenStream): number {
    if (caller.signal.aborted) stream.leave();
    caller.signal.throwIfAborted();
    const events = new EventStream(this.#context, reply.raw, stream, caller.viewer);
    answer.release();
    const { log } = this.#context;
    const response = reply.hijack().raw;
    response.on('error', (error) => log.debug({ err: error, requestId: request.id }, 'a stream failed'));
    const heads = headsFor(request.method);
    response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...heads });
    events.start();
    return 200;
  }
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

/** The media types that a request accepts, without their parameters, the most preferred first. */
export function acceptedTypes(accept = ''): readonly string[] {
  return new Negotiator({ headers: { accept } }).mediaTypes().map((type) => type.toLowerCase());
}
