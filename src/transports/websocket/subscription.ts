/** Owns one subscription on a socket: to the hub it is a subscriber, to graphql-ws an operation that goes on. */
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { nextMessageHead } from './framing.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection } from './connection.ts';
import type { OpenStream } from '../../operations/operations.ts';

/**
 * graphql-ws lists it under its operation id, and ends it when the client completes the operation or the socket closes.
 * Frames go from the hub to the outbox: nothing ever iterates it.
 */
export class SocketSubscription implements Subscriber, AsyncIterable<never> {
  readonly #connection: Connection;
  readonly #head: string;
  /** Null until it is open. */
  #stream: OpenStream | null = null;
  #ended = false;

  constructor(connection: Connection, operationId: string) {
    this.#connection = connection;
    this.#head = nextMessageHead(operationId);
  }

  /** The client has no use for it any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Shows the stream from its beginning, or leaves it if the operation was completed while it opened. */
  begin(stream: OpenStream): void {
    if (this.#ended) {
      stream.leave();
      return;
    }
    this.#stream = stream;
    stream.start(this);
  }

  send(frame: Frame): void {
    this.#connection.outbox.pushFrame(this.#head, frame);
  }

  ready(): Promise<void> | undefined {
    return this.#connection.outbox.ready();
  }

  disconnect(reason: string): void {
    this.#connection.close(closeCodes.tryAgainLater, reason);
  }

  /** The client completed the operation, or its socket closed. */
  return(): void {
    this.#ended = true;
    this.#stream?.leave();
  }

  [Symbol.asyncIterator](): never {
    throw new Error('Frames go from the hub to the outbox, not through graphql-ws.');
  }
}
