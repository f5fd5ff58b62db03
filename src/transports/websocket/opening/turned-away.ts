/** WebSockets that were accepted only to be closed at once: to a client every other refusal of a handshake is final. */
import type { WebSocket } from 'ws';
import type { Clock } from '../../../lib/clock.ts';
import type { Metrics } from '../../../observability/metrics.ts';
import { closeLabel, type CloseCode } from '../close-codes.ts';

/** Time that a client has to answer the close frame, milliseconds. */
const answerMs = 2_000;
/** How many may be waited for at a time. Whoever is turned away beyond them is not waited for. */
const maxAtOnce = 1_000;

export class TurnedAway {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  #open = 0;

  constructor({ clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics }) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Closes a socket that was just accepted. */
  add(webSocket: WebSocket, { code }: CloseCode, reason: string): void {
    this.#open += 1;
    const waitMs = this.#open > maxAtOnce ? 0 : answerMs;
    const cancel = this.#clock.after(waitMs, () => webSocket.terminate());
    // A client that sends what is no frame any more has left all the same.
    webSocket.on('error', () => webSocket.terminate());
    webSocket.once('close', () => {
      cancel();
      this.#open -= 1;
      this.#metrics.connectionsClosed.inc({ code: closeLabel(code) });
    });
    webSocket.close(code, reason);
  }
}
