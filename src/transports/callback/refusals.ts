/**
 * Tells routers by callback, too, that a subscription was refused: some look at nothing but the status of the answer, which
 * is 200, and their clients would wait for ever.
 */
import type { GraphQLFormattedError } from 'graphql';
import type { Clock } from '../../lib/clock.ts';
import { lastMessage, type CallbackClient } from './client.ts';
import type { CallbackRequest } from './request.ts';

/** Time in which a router that reads the answer forgets the subscription, milliseconds: its client is told once. */
const readMs = 500;
/** Refusals of one viewer that are under way at a time, and of all. Those beyond them are in the answer alone. */
const maxPerViewer = 16;
const maxAtOnce = 256;

export class Refusals {
  readonly #client: CallbackClient;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #ofViewers = new Map<string, number>();
  #count = 0;

  constructor(client: CallbackClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** To be called when the answer was sent. Never rejects. */
  async tell(callback: CallbackRequest, errors: readonly GraphQLFormattedError[]): Promise<void> {
    const { viewerId } = callback;
    if (this.#count >= maxAtOnce || (this.#ofViewers.get(viewerId) ?? 0) >= maxPerViewer) return;
    this.#add(viewerId, 1);
    await this.#clock.sleep(readMs, this.#closing.signal);
    if (!this.#closing.signal.aborted) await this.#tellWhoWaits(callback, errors);
    this.#add(viewerId, -1);
  }

  close(): void {
    this.#closing.abort();
  }

  /** Who confirms that they still wait has not read the answer. */
  async #tellWhoWaits(callback: CallbackRequest, errors: readonly GraphQLFormattedError[]): Promise<void> {
    const waits = await this.#client.send(callback, { action: 'check', isProven: false });
    if (waits !== 'taken') return;
    await this.#client.send(callback, { ...lastMessage(errors), isProven: true });
  }

  #add(viewerId: string, count: number): void {
    this.#count += count;
    const ofViewer = (this.#ofViewers.get(viewerId) ?? 0) + count;
    if (ofViewer > 0) this.#ofViewers.set(viewerId, ofViewer);
    else this.#ofViewers.delete(viewerId);
  }
}
