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
import type { CallbackStore } from '../../stores/callbacks/callbacks.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { CallbackClient, callbackProtocol } from './client.ts';
import type { HeldCallback } from './kept/held-callback.ts';
import { CallbackKeeper } from './kept/keeper.ts';
import { keptName, type KeptRequest } from './kept/kept-request.ts';
import { CallbackQuotas } from './quotas.ts';
import {
  asksForCallback,
  looksAtStatusAlone,
  parseCallbackRequest,
  type CallbackRequest,
} from './request.ts';
import { Refusals } from './refusals.ts';
import { CallbackSubscription } from './subscription.ts';
import { Takeovers } from './kept/takeovers.ts';

export function createCallbackTransport(context: TransportContext): Transport {
  const client = new CallbackClient({ ...context, ...context.config.callbacks });
  const refusals = new Refusals(client, context.clock);
  const callbacks = new Callbacks(context, client, refusals);
  return {
    overHttp: callbacks,
    async close() {
      refusals.close();
      await callbacks.close();
      client.close();
    },
  };
}

interface OpenCallback {
  readonly subscription: CallbackSubscription;
  readonly stream: OpenStream;
}

/** What a subscription is made of. `requestId`: of the request that began it, where this process had it. */
type OpeningRequest = KeptRequest & { readonly requestId?: string };

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
  /** By `keptName`. */
  readonly #subscriptions = new Map<string, CallbackSubscription>();
  readonly #quotas: CallbackQuotas;
  /** Null where nothing outlives this process. */
  readonly #keeper: CallbackKeeper | null;

  constructor(context: TransportContext, client: CallbackClient, refusals: Refusals) {
    this.#context = context;
    this.#client = client;
    this.#refusals = refusals;
    this.#quotas = new CallbackQuotas(context);
    this.#keeper = context.callbacks && this.#createKeeper(context.callbacks);
  }

  /** Resolves when what it has to tell the store was told. Its subscriptions were ended before. */
  async close(): Promise<void> {
    await this.#keeper?.close();
  }

  #createKeeper(store: CallbackStore): CallbackKeeper {
    const context = this.#context;
    const keeper: CallbackKeeper = new CallbackKeeper({
      ...{ ...context, store },
      mayCallBack: context.config.callbacks.allowedAddresses.length > 0,
      canTake: () => takeovers.hasRoom,
      takeOver: (taken) => void takeovers.take(taken),
    });
    const takeovers: Takeovers = new Takeovers({
      ...{ context, client: this.#client },
      hold: (taken, request) => keeper.hold(taken, request),
      add: (request, held) => this.#add(request, held),
      quotaOf: ({ viewer, callback }) => this.#quotas.ofOpen(viewer, callback.url),
    });
    return keeper;
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
    if ('stream' in opened) {
      // The router is ready for events when it has its answer.
      await reply.send({ data: null });
      opened.subscription.beat();
      opened.subscription.start(opened.stream);
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
  ): Promise<OpenCallback | readonly GraphQLFormattedError[]> {
    const { sessions } = this.#context;
    const { viewer } = exchange.caller;
    for (;;) {
      const opened = await this.#openOnce(callback, exchange);
      if ('stream' in opened) return opened;
      const isFull = opened[0]?.extensions?.['code'] === 'LIMIT_EXCEEDED' && isTransient(opened[0]);
      if (!isFull || (await sessions.endGone(viewer.id)) === 0) return opened;
    }
  }

  async #openOnce(callback: CallbackRequest, exchange: GraphQLExchange) {
    const { operations, sessions } = this.#context;
    const { found, operationRequest, caller } = exchange;
    try {
      sessions.refuseNewcomers();
      const { viewer, requestId } = caller;
      const request = { callback, viewer, operation: operationRequest, requestId };
      const held = this.#keeper?.prepare(request) ?? null;
      const quota = this.#quotas.of(viewer, callback.url);
      const variables = operationRequest.variables ?? {};
      const outcome = await operations.run(found, variables, {
        ...{ ...caller, quota },
        resumption: held ?? undefined,
      });
      if (outcome.kind !== 'stream') return outcome.kind === 'refused' ? outcome.errors : [];
      return await this.#begin(request, held, outcome.stream, caller.signal);
    } catch (error) {
      if (!(error instanceof ClientError) || !isTransient(error)) throw error;
      return [error.toJSON()];
    }
  }

  /** Kept before the router has its answer: from then on it hears nothing of a process that ends. */
  async #begin(
    request: OpeningRequest,
    held: HeldCallback | null,
    stream: OpenStream,
    signal: AbortSignal,
  ): Promise<OpenCallback> {
    try {
      await this.#confirm(request.callback, signal);
      const subscription = this.#add(request, held);
      if (held) await this.#keeper?.keep(held);
      return { subscription, stream };
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  /** Asks whoever is at the address whether they asked for this subscription, and still wait for it. */
  async #confirm(callback: CallbackRequest, signal: AbortSignal): Promise<void> {
    const checked = await this.#client.send(callback, { action: 'check', isProven: false });
    signal.throwIfAborted();
    if (checked !== 'taken')
      throw new ClientError('BAD_REQUEST', 'The callback address did not confirm the subscription.');
  }

  /** @throws what `Sessions.open` throws */
  #add({ callback, viewer, requestId }: OpeningRequest, held: HeldCallback | null): CallbackSubscription {
    const { metrics, log } = this.#context;
    const name = keptName(callback);
    const subscription = new CallbackSubscription(this.#context, {
      ...{ callback, viewer, held, client: this.#client },
      onEnd: (ending) => {
        if (this.#subscriptions.get(name) === subscription) this.#subscriptions.delete(name);
        metrics.callbacksEnded.inc({ ending });
        if (ending === 'failed')
          log.warn({ requestId, origin: callback.url.origin }, 'a callback address could not be reached');
      },
    });
    // A router that merges equal subscriptions uses an id again: the earlier one must not go on beside the new one.
    this.#subscriptions.get(name)?.giveWay();
    this.#subscriptions.set(name, subscription);
    return subscription;
  }
}
