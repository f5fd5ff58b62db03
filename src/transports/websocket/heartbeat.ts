/** Owns the care for open sockets: pings, expiry of tokens, and the end of those that do not answer; one timer for all. */
import type { Clock } from '../../lib/clock.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection } from './connection.ts';

export interface HeartbeatOptions {
  readonly connections: ReadonlySet<Connection>;
  readonly clock: Clock;
  /** Time between two pings of one socket, milliseconds. One that has not answered by the next is ended. */
  readonly keepAliveMs: number;
}

const roundMs = 1000;
/** Time that a client has to answer a close frame, milliseconds. */
const closeTimeoutMs = 5000;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel: () => void;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#cancel = this.#next();
  }

  close(): void {
    this.#cancel();
  }

  #next(): () => void {
    const { clock, keepAliveMs } = this.#options;
    return clock.after(Math.min(roundMs, keepAliveMs), () => {
      this.#round();
      this.#cancel = this.#next();
    });
  }

  #round(): void {
    const now = this.#options.clock.now();
    for (const connection of this.#options.connections) {
      if (connection.closingAt !== null) {
        if (now - connection.closingAt > closeTimeoutMs) connection.terminate();
      } else if (connection.viewer?.expiresAt != null && connection.viewer.expiresAt <= now) {
        connection.close(closeCodes.forbidden, 'The token has expired; come back with a new one.');
      } else {
        this.#keepAlive(connection, now);
      }
    }
  }

  #keepAlive(connection: Connection, now: number): void {
    const { keepAliveMs } = this.#options;
    if (connection.pingAt === 0) {
      // Spread over the interval, so that many sockets that came at once are not pinged at once for ever.
      connection.pingAt = now + Math.ceil(Math.random() * keepAliveMs);
    } else if (connection.pingAt <= now) {
      connection.pingAt = now + keepAliveMs;
      if (connection.awaitsPong) connection.terminate();
      else connection.ping();
    }
  }
}
