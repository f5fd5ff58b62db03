/** Owns subscriptions by Apollo's HTTP callback protocol: who gets one, and the end of all of them. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../../auth/authentication.ts';
import { ClientError } from '../../lib/errors.ts';
import type { ErrorFormatter } from '../../operations/format-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { createConnectionId, type ConnectionTracker } from '../connection-tracker.ts';
import { CallbackClient, callbackProtocol } from './client.ts';
import { asksForCallback, parseCallbackRequest, type CallbackRequest } from './request.ts';
import { CallbackSubscription } from './subscription.ts';
import { endInWaves } from '../drain.ts';
import { parseOperationRequest, readOperationRequest } from '../../http/operation-request.ts';
import type { OperationRecord } from '../../observability/operation-log.ts';
import type { Caller, OpenStream, StreamOperations } from '../../operations/operations.ts';
import type { StreamTransport } from '../../http/stream-transport.ts';

export interface CallbacksOptions {
  readonly operations: StreamOperations;
  readonly attendance: ConnectionTracker;
  /** See `Authentication.watch`. */
  readonly watchViewer: Authentication['watch'];
  readonly formatError: ErrorFormatter;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Origins that may be called back; none when empty. */
  readonly allowedOrigins: readonly string[];
  readonly timeoutMs: number;
  /** See `CallbackSubscriptionOptions`. */
  readonly retryMs: number;
  readonly maxBytes: number;
}

/**
 * Sends the events of subscriptions to the address that a router gave with its request.
 *
 * It runs on the hub, as WebSockets do: one execution per group, cursors, bounded queues. Apollo Server's own plugin
 * (ApolloServerPluginSubscriptionCallback) would execute each subscription by itself, behind the hub's back, and posts to
 * whatever address a request names, even when its operation is refused: anybody could make this service send requests
 * into the network that it stands in. Here an address counts only when its origin is configured, and nothing is sent to
 * it before the operation was authorised.
 */
export class Callbacks implements StreamTransport {
  readonly #options: CallbacksOptions;
  readonly #client: CallbackClient;
  readonly #subscriptions = new Set<CallbackSubscription>();
  readonly #byName = new Map<string, CallbackSubscription>();
  #draining = false;

  constructor(options: CallbacksOptions) {
    this.#options = options;
    this.#client = new CallbackClient(options);
  }

  get connections(): number {
    return this.#subscriptions.size;
  }

  takes(request: FastifyRequest): boolean {
    if (request.method !== 'POST') return false;
    const operation = readOperationRequest(request);
    if (operation === null || !asksForCallback(operation.extensions)) return false;
    return this.#options.operations.isSubscription(operation);
  }

  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    record: OperationRecord,
  ): Promise<number> {
    const { operations, formatError, allowedOrigins } = this.#options;
    record.type = 'subscription';
    void reply.headers(callbackProtocol);
    this.#refuseWhileDraining();
    const payload = parseOperationRequest(request);
    const callback = parseCallbackRequest(payload.extensions, allowedOrigins);
    const ready = await operations.prepare(caller, payload);
    if (!('args' in ready)) {
      record.errors = ready.map((error) => formatError(error, { requestId: request.id }));
      // A router tells its client of these errors alone only when the status is not an error itself.
      await reply.send({ data: null, errors: record.errors });
      return 200;
    }
    record.name = ready.operation.definition.name?.value ?? null;
    await this.#confirm(callback, ready.stream!);
    const subscription = this.#add(callback, ready.stream!, caller);
    // The router is ready for events when it has its answer.
    await reply.send({ data: null });
    subscription.start();
    return 200;
  }

  /** Asks the router whether it is really the one who wants this. */
  async #confirm(callback: CallbackRequest, stream: OpenStream): Promise<void> {
    const outcome = await this.#client.send(callback, 'check');
    try {
      this.#refuseWhileDraining();
      if (outcome !== 'taken')
        throw new ClientError('BAD_REQUEST', 'The callback address did not confirm the subscription.');
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  #add(callback: CallbackRequest, stream: OpenStream, { viewer, requestId }: Caller): CallbackSubscription {
    const { attendance, metrics, log, watchViewer } = this.#options;
    const name = `${callback.id} ${callback.url.href}`;
    // A router that merges equal subscriptions uses a name again: an earlier one must not go on beside the new one.
    this.#byName.get(name)?.terminate();
    const leave = attendance.announce(viewer, createConnectionId());
    const subscription = new CallbackSubscription({
      ...this.#options,
      ...{ callback, stream, client: this.#client, expiresAt: viewer.expiresAt },
      onEnd: (ending) => {
        unwatch();
        this.#subscriptions.delete(subscription);
        if (this.#byName.get(name) === subscription) this.#byName.delete(name);
        metrics.callbacks.dec();
        metrics.callbacksEnded.inc({ ending });
        if (ending === 'failed')
          log.warn({ requestId, origin: callback.url.origin }, 'a callback address could not be reached');
        leave().catch((error: unknown) => {
          log.error({ err: error, requestId }, 'the end of a callback failed');
        });
      },
    });
    const unwatch = watchViewer(viewer, () => subscription.expire());
    this.#subscriptions.add(subscription);
    this.#byName.set(name, subscription);
    metrics.callbacks.inc();
    return subscription;
  }

  /**
   * Tells all routers, in waves over `windowMs` milliseconds, that their subscriptions are interrupted. Resolves when
   * every one was told or had the time to be. New subscriptions are refused from now on.
   */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true;
    await endInWaves(this.#subscriptions, windowMs);
  }

  /** Ends what is left, at once. */
  close(): void {
    this.#draining = true;
    for (const subscription of this.#subscriptions) subscription.terminate();
    this.#client.close();
  }

  #refuseWhileDraining(): void {
    if (this.#draining) throw new ClientError('UPSTREAM_UNAVAILABLE', 'The service is shutting down.');
  }
}
