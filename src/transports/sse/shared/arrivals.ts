/** Tells slots what of their streams has arrived, as far as the system of this process can tell: a client says nothing of it. */
import type { ServerResponse } from 'node:http';
import type { StalledConnections } from '../../../http/connections/stalled-connections.ts';
import type { Outbox } from '../../outbox.ts';

/** What is told of what has arrived. */
export interface Arriving {
  /** What was written so far is looked for from now on. */
  ask(): void;
  /** It has arrived. */
  acknowledge(by: 'socket'): void;
}

export interface ArrivalsOptions {
  readonly outbox: Outbox;
  /** Has no socket while the answer to a request before it on the same connection goes on: then nothing of it is on its way. */
  readonly response: Pick<ServerResponse, 'socket'>;
  readonly stalled: Pick<StalledConnections, 'takenOf'>;
  /** All that was looked for has arrived. */
  readonly onArrived: () => void;
}

/**
 * What the other end's system has confirmed counts as handed over, which a program on a path that broke may never have read; it
 * is looked at some time later, when a broken path has shown itself in most cases.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #told = new Set<Arriving>();
  /** Bytes that were written to the socket in all when it was asked for last; null while nothing is looked for. */
  #askedAt: number | null = null;
  #isLooking = false;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  add(arriving: Arriving): void {
    this.#told.add(arriving);
  }

  delete(arriving: Arriving): void {
    this.#told.delete(arriving);
  }

  /** To be called from time to time. Never rejects. */
  async look(): Promise<void> {
    const { outbox } = this.#options;
    if (this.#told.size === 0 || this.#isLooking || (this.#askedAt === null && !outbox.hasNew)) return;
    this.#isLooking = true;
    if (this.#askedAt !== null && (await this.#hasTaken(this.#askedAt))) this.confirm();
    if (this.#askedAt === null && outbox.hasNew) this.ask();
    this.#isLooking = false;
  }

  /** Looks from now on for all that was written, unless something waits to be, or nothing can be yet. */
  ask(): void {
    const { outbox, response } = this.#options;
    if (!outbox.isEmptied || !response.socket) return;
    outbox.noteAsked();
    this.#askedAt = response.socket.bytesWritten;
    for (const arriving of this.#told) arriving.ask();
  }

  /** All that was looked for has arrived. */
  confirm(): void {
    if (this.#askedAt === null) return;
    this.#askedAt = null;
    this.#options.onArrived();
    for (const arriving of this.#told) arriving.acknowledge('socket');
  }

  async #hasTaken(bytes: number): Promise<boolean> {
    const {
      response: { socket },
      stalled,
    } = this.#options;
    if (!socket) return false;
    const taken = (await stalled.takenOf(socket)) ?? socket.bytesWritten - socket.writableLength;
    return taken >= bytes && !socket.destroyed;
  }
}
