/** GraphQL subscriptions as multipart/mixed: what the HTTP clients of Apollo (web, Kotlin, iOS) speak without another library. */
import { OperationTypeNode, type FormattedExecutionResult } from 'graphql';
import { acceptedTypes, acceptsPartsOfSubscriptions, eventStreamType } from '../../http/accepted-types.ts';
import type { GraphQLExchange, StreamTransport } from '../../http/stream-transport.ts';
import type { OpenStream } from '../../operations/operations.ts';
import { makingRoom, resultOf } from '../http-stream/attempt.ts';
import { beginResponse, headsOfStreams } from '../http-stream/head.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { bodyOf, multipartType } from './framing.ts';
import { PartStream } from './stream.ts';

export function createMultipartTransport(context: TransportContext): Transport {
  return { overHttp: new PartStreams(context), close: () => {} };
}

class PartStreams implements StreamTransport {
  readonly #context: TransportContext;

  constructor(context: TransportContext) {
    this.#context = context;
  }

  /** Who takes event streams as well gets one: with the ids of events they can come back without a word of their app. */
  accepts({ request: { headers }, found }: GraphQLExchange): boolean {
    const isSubscription = found.operation?.definition.operation === OperationTypeNode.SUBSCRIPTION;
    if (!isSubscription || !acceptsPartsOfSubscriptions(headers.accept)) return false;
    return !acceptedTypes(headers.accept).includes(eventStreamType);
  }

  serve(exchange: GraphQLExchange): Promise<number> {
    return makingRoom(this.#context, exchange.caller.viewer.id, () => this.#serveOnce(exchange));
  }

  async #serveOnce(exchange: GraphQLExchange): Promise<number> {
    const { operations, tracker } = this.#context;
    const { found, operationRequest, caller } = exchange;
    const quota = tracker.subscriptionsOf(caller.viewer);
    const outcome = await operations.run(found, operationRequest.variables ?? {}, { ...caller, quota });
    if (outcome.kind === 'stream') return this.#open(exchange, outcome.stream);
    return sendResult(exchange, resultOf(outcome));
  }

  #open({ request, reply, caller, answer }: GraphQLExchange, stream: OpenStream): number {
    if (caller.signal.aborted) stream.leave();
    caller.signal.throwIfAborted();
    const parts = new PartStream(this.#context, { response: reply.raw, stream, viewer: caller.viewer });
    answer.release();
    beginResponse(this.#context, { request, reply }, headsFor(request.method));
    parts.start();
    return 200;
  }
}

const headsFor = (method: string) => ({ 'content-type': multipartType, ...headsOfStreams(method) });

/** A body of one part. */
async function sendResult(
  { request, reply, record, answer }: GraphQLExchange,
  result: FormattedExecutionResult,
): Promise<number> {
  const body = bodyOf(result);
  answer.take(Buffer.byteLength(body), { wasChange: false });
  record.errors = result.errors ?? [];
  await reply.headers(headsFor(request.method)).send(body);
  return 200;
}
