/** Goes on with subscriptions by callback that other processes have left: judges again what their viewers may see, and opens their streams. */
import type { GraphQLFormattedError } from 'graphql';
import { backoff } from '../../../lib/backoff.ts';
import { Burst } from '../../../lib/burst.ts';
import { hasCome } from '../../../lib/clock.ts';
import { isTransient } from '../../../lib/errors.ts';
import type { Quota } from '../../../operations/quota.ts';
import type { Caller } from '../../../operations/request.ts';
import type { TakenCallback } from '../../../stores/callbacks/callbacks.ts';
import { ended, expiry, interruption } from '../../endings.ts';
import type { TransportContext } from '../../transport.ts';
import { lastMessage, type CallbackClient } from '../client.ts';
import type { HeldCallback } from './held-callback.ts';
import type { CallbackKeeper } from './keeper.ts';
import { readKept, type KeptRequest } from './kept-request.ts';
import { isAllowed } from '../request.ts';
import type { CallbackSubscription } from '../subscription.ts';

type Context = Pick<TransportContext, 'config' | 'clock' | 'log'> & {
  readonly sessions: Pick<TransportContext['sessions'], 'refusal'>;
  readonly authentication: Pick<TransportContext['authentication'], 'hasEnded'>;
  readonly operations: Pick<TransportContext['operations'], 'find' | 'run'>;
};

/** What goes on with one that was taken. */
type Successor = Pick<CallbackSubscription, 'signal' | 'beat' | 'start' | 'complete'>;

export interface TakeoversOptions {
  readonly context: Context;
  readonly client: Pick<CallbackClient, 'send'>;
  readonly hold: CallbackKeeper['hold'];
  /** Begins to hold it. Throws where this process begins nothing more. */
  readonly add: (request: KeptRequest, held: HeldCallback) => Successor;
  /** What it counts against, though it is refused by nothing of that: it was open. */
  readonly quotaOf: (request: KeptRequest) => Quota;
}

/** Streams that are being opened at a time: what comes beyond them is left to others. */
const maxOpening = 500;
const pauses = { firstMs: 100, maxMs: 5_000 };
const notTaken = interruption('The stream could not be taken up again; subscribe again with your cursor.');
/** Nothing of it counts again: its viewer does nothing for it. */
const noAttempt = { isReturn: true, isRequestCounted: true, isCharged: true, isRateCounted: true };

export class Takeovers {
  readonly #options: TakeoversOptions;
  readonly #unreadable: Burst;
  #opening = 0;

  constructor(options: TakeoversOptions) {
    this.#options = options;
    this.#unreadable = new Burst(options.context.clock);
  }

  get hasRoom(): boolean {
    return this.#options.context.sessions.refusal === null && this.#opening < maxOpening;
  }

  /** Never rejects. */
  async take(taken: TakenCallback): Promise<void> {
    const { context, hold } = this.#options;
    const request = readKept(taken.data);
    if (!request) {
      const first = this.#unreadable.note();
      // Its lease ends, and a process of that version takes it.
      if (first) context.log.warn(first, 'a subscription by callback was kept by a version that is newer');
      return;
    }
    const held = hold(taken, request);
    this.#opening += 1;
    try {
      await this.#goOn(request, held);
    } catch (error) {
      context.log.error({ err: error }, 'a subscription by callback could not be taken over');
      // From now on this process holds it, so that no other takes it: one that nobody serves must end.
      await this.#refuse(request, held, [notTaken]);
    } finally {
      this.#opening -= 1;
    }
  }

  async #goOn(request: KeptRequest, held: HeldCallback): Promise<void> {
    const { context, add } = this.#options;
    const { url } = request.callback;
    if (!isAllowed(url, context.config.callbacks.allowedAddresses)) {
      context.log.warn({ origin: url.origin }, 'a callback address is not in CALLBACK_ORIGINS any more');
      return held.end();
    }
    const refusal = this.#refusalOf(request);
    if (refusal) return this.#refuse(request, held, [refusal]);
    if (context.sessions.refusal) return held.release();
    const subscription = add(request, held);
    subscription.beat({ isDue: true });
    try {
      await this.#open(request, held, subscription);
    } catch (error) {
      context.log.error({ err: error }, 'the stream of a subscription by callback could not be opened again');
      await subscription.complete([notTaken]);
    }
  }

  #refusalOf({ viewer }: KeptRequest): GraphQLFormattedError | null {
    const { authentication, clock } = this.#options.context;
    if (viewer.expiresAt !== null && hasCome(viewer.expiresAt, clock.now())) return expiry;
    return authentication.hasEnded(viewer) ? ended : null;
  }

  /** Tells a router once; one that does not hear it ends the stream when nothing more comes. */
  async #refuse(
    { callback }: KeptRequest,
    held: HeldCallback,
    errors: readonly GraphQLFormattedError[],
  ): Promise<void> {
    if (!(await held.confirm())) return;
    await this.#options.client.send(callback, { ...lastMessage(errors), isProven: true });
    held.end();
  }

  /** What is in the way for a while is waited for: the router hears meanwhile that its subscription lives. */
  async #open(request: KeptRequest, held: HeldCallback, subscription: Successor): Promise<void> {
    const { operations, clock } = this.#options.context;
    const { signal } = subscription;
    const caller = this.#callerOf(request, held, signal);
    const waits = backoff(pauses);
    while (!signal.aborted) {
      const found = await operations.find(request.operation, caller);
      const outcome = await operations.run(found, request.operation.variables ?? {}, caller);
      if (outcome.kind === 'stream') return subscription.start(outcome.stream);
      const errors = outcome.kind === 'refused' ? outcome.errors : [];
      if (!errors[0] || !isTransient(errors[0])) return subscription.complete(errors);
      await clock.sleep(waits.next().value, signal);
    }
  }

  #callerOf(request: KeptRequest, held: HeldCallback, signal: AbortSignal): Caller {
    const { callback, viewer } = request;
    return {
      ...{ viewer, signal, resumption: held },
      requestId: callback.id,
      address: callback.url.hostname,
      quota: this.#options.quotaOf(request),
      attempt: { ...noAttempt },
      // It was looked at when it began, and its text is kept.
      isTrusted: true,
    };
  }
}
