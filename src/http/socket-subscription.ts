/** Owns one subscription on a socket: to the hub it is a subscriber, to graphql-ws the stream of an operation. */
import type { Frame, Subscriber } from '../realtime/frame.ts';
import { encodeOperationId } from '../realtime/websocket-framing.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection } from './connection.ts';
import type { OpenStream } from './operations.ts';

const done = { value: undefined, done: true } as const;

/**
 * graphql-ws iterates it to know how long the operation lasts, and gets no values: frames go from the hub to the outbox.
 * The hub begins with the first `next()`, when the operation is registered and may be completed by the client.
 */
export class SocketSubscription implements Subscriber, AsyncIterableIterator<never> {
  readonly #connection: Connection;
  readonly #stream: OpenStream;
  readonly #encodedId: string;
  #finish: ((result: IteratorReturnResult<undefined>) => void) | undefined;
  #ended = false;

  constructor(connection: Connection, operationId: string, stream: OpenStream) {
    this.#connection = connection;
    this.#stream = stream;
    this.#encodedId = encodeOperationId(operationId);
  }

  show(frame: Frame): void {
    this.#connection.outbox.pushFrame(this.#encodedId, frame);
  }

  room(): Promise<void> | undefined {
    return this.#connection.outbox.room();
  }

  interrupt(reason: string): void {
    this.#connection.close(closeCodes.tryAgainLater, reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<never, undefined>> {
    if (this.#ended) return Promise.resolve(done);
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#stream.start(this);
    });
  }

  /** The client completed the operation, or its socket closed. */
  return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#stream.leave();
      this.#finish?.(done);
    }
    return Promise.resolve(done);
  }
}
