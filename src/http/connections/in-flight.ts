/** How the HTTP server ends: what was asked is answered, and a client that is silent does not hold it up. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';

/** Counts the requests that are not answered yet. */
export class InFlight {
  readonly #responses = new Set<object>();
  readonly #onIdle = new Set<() => void>();

  constructor({ server }: FastifyInstance) {
    const forget = (response: object) => this.#forget(response);
    // The same for all of them, and no listener that takes itself away: it is called once.
    const onClose = function (this: object) {
      forget(this);
    };
    server.on('request', (_request, response) => {
      this.#responses.add(response);
      response.on('close', onClose);
    });
  }

  #forget(response: object): void {
    this.#responses.delete(response);
    if (this.#responses.size === 0) for (const resolve of this.#onIdle) resolve();
  }

  /** Resolves when every request was answered, or `timeoutMs` milliseconds have passed. */
  async idle(clock: Clock, timeoutMs: number): Promise<void> {
    if (this.#responses.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(timeoutMs, resolve);
      this.#onIdle.add(() => {
        cancel();
        resolve();
      });
    });
  }
}

/**
 * Accepts no more connections and waits for answers at most `answerMs` milliseconds; then ends every HTTP connection:
 * idle ones, and those of clients that never finish to ask. Resolves when the last socket has ended, WebSockets included.
 */
export async function closeServer(
  server: FastifyInstance,
  {
    inFlight,
    clock,
    answerMs,
  }: { readonly inFlight: InFlight; readonly clock: Clock; readonly answerMs: number },
): Promise<void> {
  const closing = server.close();
  await inFlight.idle(clock, answerMs);
  server.server.closeAllConnections();
  await closing;
}
