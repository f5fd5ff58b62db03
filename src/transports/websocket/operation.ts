/** One operation on a socket: to the hub it is a subscriber, to graphql-ws an operation that goes on. */
import { CallerLeft } from '../../lib/caller-left.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection } from './connection.ts';
import { nextMessageHead } from './framing.ts';

/**
 * graphql-ws lists it under its operation id, and ends it when the client completes the operation or the socket closes.
 * Frames go from the hub to the outbox: nothing ever iterates it.
 */
export class SocketOperation implements Subscriber, AsyncIterable<never> {
  readonly #connection: Connection;
  readonly #head: string;
  /** Aborted when the client left before there was an outcome; null from then on. */
  #opening: AbortController | null = new AbortController();
  #stream: OpenStream | null = null;

  constructor(connection: Connection, operationId: string) {
    this.#connection = connection;
    this.#head = nextMessageHead(operationId);
  }

  /** For the time until there is an outcome. */
  get signal(): AbortSignal {
    return this.#opening!.signal;
  }

  /** There is an outcome. Returns whether the client still waits for it. */
  settle(): boolean {
    const isWanted = this.#opening?.signal.aborted === false;
    this.#opening = null;
    return isWanted;
  }

  /** Shows a stream from its beginning. */
  begin(stream: OpenStream): void {
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
    this.#opening?.abort(new CallerLeft());
    this.#stream?.leave();
  }

  [Symbol.asyncIterator](): never {
    throw new Error('Frames go from the hub to the outbox, not through graphql-ws.');
  }
}
