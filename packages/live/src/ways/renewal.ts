/** Renews the token of a WebSocket before it ends: nothing reconnects, and no stream begins anew. */
import type { Tokens } from '../core/tokens.ts';

/** The service warns so long before the end, milliseconds. */
const marginMs = 60_000;
/** Of a token that lives no longer than twice that, so much is used. */
const usedShare = 0.6;
const againMs = 1_000;
const longestTimerMs = 2 ** 31 - 1;

export class Renewal {
  readonly #tokens: Tokens;
  readonly #send: (message: object) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What has to be added to the time of this page to have the service's, milliseconds. */
  #offsetMs = 0;
  #isAsking = false;

  constructor(tokens: Tokens, send: (message: object) => void) {
    this.#tokens = tokens;
    this.#send = send;
  }

  /** The connection is acknowledged. `time`: that of the service, whose clock counts. */
  begin({ time, tokenExpiresAt }: Readonly<Record<string, unknown>>): void {
    this.stop();
    this.#isAsking = false;
    if (typeof time === 'string') this.#offsetMs = Date.parse(time) - performance.now();
    this.#plan(tokenExpiresAt);
  }

  /** The service says by a ping that the token ends soon. */
  warned(): void {
    void this.#renew();
  }

  /** What the service answers to a token. */
  answered({ data, errors }: Readonly<Record<string, unknown>>): void {
    const renewed = data as { readonly renewSession?: { readonly expiresAt?: unknown } } | null | undefined;
    if (renewed?.renewSession) this.#plan(renewed.renewSession.expiresAt);
    else if (errors) this.#tokens.refuse();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #plan(expiresAt: unknown): void {
    if (typeof expiresAt !== 'string') return;
    const leftMs = Date.parse(expiresAt) - performance.now() - this.#offsetMs;
    const inMs = Math.max(leftMs - marginMs, leftMs * usedShare, againMs);
    this.stop();
    if (inMs < longestTimerMs) this.#timer = setTimeout(() => void this.#renew(), inMs);
  }

  async #renew(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.#send({ type: 'ping', payload: { token: await this.#tokens.next() } });
    } catch {
      // The app has none just now. When the old one ends, the connection does, and the app is asked again.
    } finally {
      this.#isAsking = false;
    }
  }
}
