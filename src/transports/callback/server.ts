/** Subscriptions by Apollo's HTTP callback protocol: their events are sent to the address that a router gave with its request. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import { jsonType } from '../../http/accepted-types.ts';
import { isMalformed, retryHeader, sendGraphQLErrors } from '../../http/graphql-response.ts';
import type {
  GraphQLExchange,
  RefusedRequest,
  SentRefusal,
  StreamTransport,
} from '../../http/stream-transport.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { ClientError, isTransient } from '../../lib/errors.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { OperationRequest } from '../../operations/request.ts';
import { JointQuota, QuotaByKey, type Quota } from '../../operations/quota.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { CallbackClient, callbackProtocol } from './client.ts';
import {
  asksForCallback,
  looksAtStatusAlone,
  parseCallbackRequest,
  type CallbackRequest,
} from './request.ts';
import { Refusals } from './refusals.ts';
import { CallbackSubscription } from './subscription.ts';

export function createCallbackTransport(context: TransportContext): Transport {
  const client = new CallbackClient({ ...context, ...context.config.callbacks });
  const refusals = new Refusals(client, context.clock);
  return {
    overHttp: new Callbacks(context, client, refusals),
    close() {
      refusals.close();
      client.close();
    },
  };
}

/**
 * Runs on the hub like WebSockets: one execution per group, cursors, bounded queues. Apollo Server's own plugin
 * (ApolloServerPluginSubscriptionCallback) would execute each subscription by itself, and posts to whatever address a
 * request names, even when its operation is refused: anybody could make this service send requests into its own network.
 * Here an address is called only when it is configured, and for a viewer whose token is good.
 */
class Callbacks implements StreamTransport {
  readonly #context: TransportContext;
  readonly #client: CallbackClient;
  readonly #refusals: Refusals;
  /** By viewer, the router's id of the subscription, and its address: nobody ends a subscription of somebody else by its id. */
  readonly #subscriptions = new Map<string, CallbackSubscription>();
  readonly #perViewer: QuotaByKey;
  readonly #perOrigin: QuotaByKey;

  constructor(context: TransportContext, client: CallbackClient, refusals: Refusals) {
    const { maxPerViewer, maxPerOrigin } = context.config.callbacks;
    this.#context = context;
    this.#client = client;
    this.#refusals = refusals;
    this.#perViewer = new QuotaByKey(
      maxPerViewer,
      `A viewer may have ${maxPerViewer} subscriptions by callback.`,
      context.clock,
    );
    this.#perOrigin = new QuotaByKey(
      maxPerOrigin,
      `To one origin there may be ${maxPerOrigin} subscriptions by callback.`,
      context.clock,
    );
  }

  accepts({ request, operationRequest, found }: GraphQLExchange): boolean {
    if (request.method !== 'POST' || !asksForCallback(operationRequest.extensions)) return false;
    return found.operation?.definition.operation === OperationTypeNode.SUBSCRIPTION;
  }

  async serve(exchange: GraphQLExchange): Promise<number> {
    const { reply, operationRequest, caller, record } = exchange;
    void reply.headers(callbackProtocol);
    const { callbacks } = this.#context.config;
    const callback = parseCallbackRequest(operationRequest.extensions, caller.viewer.id, callbacks);
    const opened = await this.#open(callback, exchange);
    if (opened instanceof CallbackSubscription) {
      // The router is ready for events when it has its answer.
      await reply.send({ data: null });
      opened.start();
      return 200;
    }
    record.errors = opened;
    if (opened[0] && isTransient(opened[0])) this.#context.sessions.countTurnedAway();
    this.#tell(callback, reply, opened);
    return 200;
  }

  /**
   * Whether it was refused before anybody saw that it is a subscription: its text is not good or was not looked at, or nobody
   * knows whose it is.
   */
  refuses({ request, viewer, errors }: RefusedRequest): boolean {
    if (isMalformed(errors)) return false;
    return viewer ? this.#callbackOf(request, viewer) !== null : looksAtStatusAlone(request);
  }

  refuse({ request, reply, viewer, errors }: RefusedRequest): SentRefusal {
    void reply.headers(callbackProtocol);
    // Nobody is called back for a token that is not good.
    if (!viewer) return sendGraphQLErrors(request, reply, errors, { isRequest: false });
    return this.#tell(this.#callbackOf(request, viewer)!, reply, errors);
  }

  /** In the answer, and by callback. */
  #tell(
    callback: CallbackRequest,
    reply: FastifyReply,
    errors: readonly GraphQLFormattedError[],
  ): SentRefusal {
    const body = JSON.stringify({ data: null, errors });
    // With a status of 4xx or 5xx a router would not pass these errors on to its client.
    const headers = { ...retryHeader(errors), 'content-type': `${jsonType}; charset=utf-8` };
    void reply.code(200).headers(headers).send(body);
    void this.#refusals.tell(callback, errors);
    return { status: 200, bytes: Buffer.byteLength(body) };
  }

  /** Null where there is none, or none that may be called. */
  #callbackOf({ method, body }: FastifyRequest, { id }: Viewer): CallbackRequest | null {
    const { extensions } = (body ?? {}) as { extensions?: OperationRequest['extensions'] };
    if (method !== 'POST' || !asksForCallback(extensions)) return null;
    try {
      return parseCallbackRequest(extensions, id, this.#context.config.callbacks);
    } catch (error) {
      if (error instanceof ClientError) return null;
      throw error;
    }
  }

  /** A subscription that was confirmed, or the errors with which it is refused. Who is gone makes room for who comes. */
  async #open(
    callback: CallbackRequest,
    exchange: GraphQLExchange,
  ): Promise<CallbackSubscription | readonly GraphQLFormattedError[]> {
    const { sessions } = this.#context;
    const { viewer } = exchange.caller;
    for (;;) {
      const opened = await this.#openOnce(callback, exchange);
      if (opened instanceof CallbackSubscription) return opened;
      const isFull = opened[0]?.extensions?.['code'] === 'LIMIT_EXCEEDED' && isTransient(opened[0]);
      if (!isFull || (await sessions.endGone(viewer.id)) === 0) return opened;
    }
  }

  async #openOnce(callback: CallbackRequest, exchange: GraphQLExchange) {
    const { operations, sessions } = this.#context;
    const { found, operationRequest, caller } = exchange;
    try {
      sessions.refuseWhileDraining();
      const quota = this.#quotaOf(caller.viewer, callback.url);
      const outcome = await operations.run(found, operationRequest.variables ?? {}, { ...caller, quota });
      if (outcome.kind !== 'stream') return outcome.kind === 'refused' ? outcome.errors : [];
      await this.#confirm(callback, outcome.stream, caller.signal);
      return this.#add(callback, outcome.stream, exchange);
    } catch (error) {
      if (!(error instanceof ClientError) || !isTransient(error)) throw error;
      return [error.toJSON()];
    }
  }

  #quotaOf(viewer: Viewer, { origin }: URL): Quota {
    const all = this.#context.tracker.subscriptionsOf(viewer);
    return new JointQuota([all, this.#perViewer.of(viewer.id), this.#perOrigin.of(origin)]);
  }

  /** Asks whoever is at the address whether they asked for this subscription, and still wait for it. */
  async #confirm(callback: CallbackRequest, stream: OpenStream, signal: AbortSignal): Promise<void> {
    const checked = await this.#client.send(callback, { action: 'check', isProven: false });
    if (checked === 'taken' && !signal.aborted) return;
    stream.leave();
    signal.throwIfAborted();
    throw new ClientError('BAD_REQUEST', 'The callback address did not confirm the subscription.');
  }

  #add(
    callback: CallbackRequest,
    stream: OpenStream,
    { caller: { viewer, requestId } }: GraphQLExchange,
  ): CallbackSubscription {
    const { metrics, log } = this.#context;
    const name = JSON.stringify([viewer.id, callback.id, callback.url.href]);
    const subscription = new CallbackSubscription(this.#context, {
      ...{ callback, stream, viewer, client: this.#client },
      onEnd: (ending) => {
        if (this.#subscriptions.get(name) === subscription) this.#subscriptions.delete(name);
        metrics.callbacksEnded.inc({ ending });
        if (ending === 'failed')
          log.warn({ requestId, origin: callback.url.origin }, 'a callback address could not be reached');
      },
    });
    // A router that merges equal subscriptions uses an id again: the earlier one must not go on beside the new one.
    this.#subscriptions.get(name)?.terminate();
    this.#subscriptions.set(name, subscription);
    return subscription;
  }
}
