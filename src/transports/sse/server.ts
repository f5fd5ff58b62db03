/** Owns GraphQL over Server-Sent Events, distinct connections mode: who gets a stream, and the end of all streams. */
import { OperationTypeNode, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../../auth/authentication.ts';
import { ClientError } from '../../lib/errors.ts';
import type { Executor } from '../../operations/executor.ts';
import type { ErrorFormatter } from '../../operations/format-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { eventStreamOf } from './framing.ts';
import type { FlushScheduler } from '../flush-scheduler.ts';
import { acceptedTypes } from '../../http/accept.ts';
import { createConnectionId, type ConnectionTracker } from '../connection-tracker.ts';
import { endInWaves } from '../drain.ts';
import { EventStream } from './stream.ts';
import { parseOperationRequest, readOperationRequest } from '../../http/operation-request.ts';
import type { OperationRecord } from '../../observability/operation-log.ts';
import {
  limitExceeded,
  type Caller,
  type OpenStream,
  type StreamOperations,
} from '../../operations/operations.ts';
import type { StreamTransport } from '../../http/stream-transport.ts';

export interface EventStreamsOptions {
  readonly operations: StreamOperations;
  readonly executor: Executor;
  readonly attendance: ConnectionTracker;
  /** See `Authentication.watch`. */
  readonly watchViewer: Authentication['watch'];
  readonly formatError: ErrorFormatter;
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: { readonly keepAliveMs: number; readonly outboxMaxBytes: number };
}

const mediaType = 'text/event-stream';
/** What nginx notes of a client that did not wait for the answer. */
const clientClosedRequest = 499;
const heads = {
  'content-type': `${mediaType}; charset=utf-8`,
  'cache-control': 'no-cache, no-transform',
  // nginx would gather events until its buffer is full.
  'x-accel-buffering': 'no',
};
/** What passes by itself is said by the status: the stock client then tries again. */
const passing: ReadonlySet<unknown> = new Set(['RATE_LIMITED', 'LIMIT_EXCEEDED', 'UPSTREAM_UNAVAILABLE']);

export class EventStreams implements StreamTransport {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  #draining = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#streams.size;
  }

  /**
   * A client that prefers event streams gets one for any operation. One that merely accepts them, as some do in every
   * request, gets one for a subscription, which can't be answered otherwise.
   */
  takes(request: FastifyRequest): boolean {
    const types = acceptedTypes(request.headers.accept);
    if (!types.includes(mediaType)) return false;
    if (types[0] === mediaType) return true;
    const operation = readOperationRequest(request);
    return operation !== null && this.#options.operations.isSubscription(operation);
  }

  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    record: OperationRecord,
  ): Promise<number> {
    this.#refuseWhileDraining();
    const payload = parseOperationRequest(request);
    const format = (errors: readonly GraphQLError[]) =>
      errors.map((error) => this.#options.formatError(error, { requestId: request.id }));
    const ready = await this.#options.operations.prepare(caller, payload);
    if (!('args' in ready)) {
      if (passing.has(ready[0]?.extensions['code'])) throw ready[0]!;
      return sendResult(reply, record, { errors: format(ready) });
    }
    const { operation, args, stream } = ready;
    record.type = operation.definition.operation;
    record.name = operation.definition.name?.value ?? null;
    if (stream) return this.#open(request, reply, caller, stream);
    if (request.method === 'GET' && record.type === OperationTypeNode.MUTATION) throw mutationByGet();
    const { errors, ...result } = await this.#options.executor.execute(args);
    return sendResult(reply, record, errors ? { ...result, errors: format(errors) } : result);
  }

  #open(request: FastifyRequest, reply: FastifyReply, { viewer }: Caller, stream: OpenStream): number {
    const { attendance, metrics, log, limits, watchViewer } = this.#options;
    // It may have begun while the operation was prepared.
    if (this.#draining) stream.leave();
    this.#refuseWhileDraining();
    if (reply.raw.closed) {
      stream.leave();
      return clientClosedRequest;
    }
    const leave = attendance.enter(viewer, createConnectionId());
    if (!leave) {
      stream.leave();
      throw limitExceeded(`A viewer may have ${attendance.maxPerViewer} connections.`);
    }
    const response = reply.hijack().raw;
    response.on('error', (error) => log.debug({ err: error, requestId: request.id }, 'a stream failed'));
    const events = new EventStream({
      ...this.#options,
      ...limits,
      ...{ response, stream, expiresAt: viewer.expiresAt },
      onClosed: () => {
        unwatch();
        this.#streams.delete(events);
        metrics.eventStreams.dec();
        leave().catch((error: unknown) => {
          log.error({ err: error, requestId: request.id }, 'the end of a stream failed');
        });
      },
    });
    // Who comes back is refused.
    const unwatch = watchViewer(viewer, () => events.restart());
    this.#streams.add(events);
    metrics.eventStreams.inc();
    response.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...heads });
    events.start();
    return 200;
  }

  /**
   * Ends all streams, in waves over `windowMs` milliseconds, so that their clients come back. Resolves when every client
   * has taken what was sent or had the time to. New streams are refused from now on.
   */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true;
    await endInWaves(this.#streams, windowMs);
  }

  /** Ends what is left, at once. */
  close(): void {
    this.#draining = true;
    for (const stream of this.#streams) stream.terminate();
  }

  #refuseWhileDraining(): void {
    if (this.#draining) throw new ClientError('UPSTREAM_UNAVAILABLE', 'The service is shutting down.');
  }
}

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** A stream of one result. Errors of an operation go this way too, since an EventSource can't read the body of a 4xx. */
async function sendResult(reply: FastifyReply, record: OperationRecord, result: Result): Promise<number> {
  record.errors = result.errors ?? [];
  await reply.headers(heads).send(eventStreamOf(result));
  return 200;
}

function mutationByGet(): ClientError {
  return new ClientError('BAD_REQUEST', 'A mutation must be sent by POST.');
}
