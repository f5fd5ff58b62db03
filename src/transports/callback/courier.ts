/** Brings the messages of one subscription by callback to its router: at its pace, again where they did not arrive, and only while it is ours. */
import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CallbackClient, CallbackMessage, CallbackOutcome } from './client.ts';
import type { HeldCallback } from './kept/held-callback.ts';
import { Pace } from './pace.ts';
import type { CallbackRequest } from './request.ts';

export interface CourierOptions {
  readonly callback: CallbackRequest;
  readonly client: CallbackClient;
  /** Null for a subscription that nobody else can take. */
  readonly held: HeldCallback | null;
}

export type UnsentMessage = Omit<CallbackMessage, 'isProven' | 'mayGo'>;

const retryPauses = { firstMs: 50, maxMs: 2_000 };

export class Courier {
  /** When the router took a message last, by `Clock.elapsed`. */
  lastTakenAt: number;
  readonly #clock: Clock;
  readonly #options: CourierOptions;
  readonly #pace: Pace;
  /** Whether the last message was taken, as the one was with which the router confirmed that it waits. */
  #isProven = true;

  constructor(clock: Clock, paceMs: number, options: CourierOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#pace = new Pace(clock, paceMs);
    this.lastTakenAt = clock.elapsed();
  }

  /** Resolves when the router has a place for the next message that it keeps, or when `givenUp` is aborted. */
  pace(givenUp: AbortSignal): Promise<void> {
    return this.#pace.next(givenUp);
  }

  /** Sends a message once. Never rejects. */
  async send(message: UnsentMessage): Promise<CallbackOutcome> {
    const { client, callback, held } = this.#options;
    if (held && !(await held.confirm())) return 'failed';
    const askedAt = this.#clock.elapsed();
    const mayGo = () => held?.mayPost ?? true;
    const outcome = await client.send(callback, { ...message, isProven: this.#isProven, mayGo });
    this.#isProven = outcome === 'taken';
    if (!this.#isProven) return outcome;
    this.lastTakenAt = this.#clock.elapsed();
    if (message.action === 'next') this.#pace.note(this.lastTakenAt - askedAt);
    held?.noteTaken();
    return outcome;
  }

  /** Tries until the message is taken or refused, `retryMs` have passed, or `givenUp` is aborted. */
  async untilTaken(message: UnsentMessage, retryMs: number, givenUp: AbortSignal): Promise<CallbackOutcome> {
    const since = this.#clock.elapsed();
    const pauses = backoff(retryPauses);
    for (;;) {
      const outcome = await this.send(message);
      const pauseMs = pauses.next().value;
      const isLate = this.#clock.elapsed() + pauseMs > since + retryMs;
      if (outcome !== 'failed' || isLate || givenUp.aborted) return outcome;
      await this.#clock.sleep(pauseMs, givenUp);
    }
  }
}
