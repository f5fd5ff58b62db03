/** A stream of Server-Sent Events that shows one operation. */
import type { ServerResponse } from 'node:http';
import type { Viewer } from '../../auth/viewer.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import type { TransportContext } from '../transport.ts';
import { StreamedResponse } from '../http-stream/streamed-response.ts';
import {
  beginningSoon,
  completeEvent,
  eventStreamProtocol,
  framingWithEnd,
  nextEventHeadOf,
  nextEventOf,
} from './framing.ts';
import type { TicketPass } from './ticket-pass.ts';

const protocol = eventStreamProtocol(framingWithEnd(''));

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly stream: OpenStream;
  readonly viewer: Viewer;
  /** Whether the client is told why a stream ends. */
  readonly isTold: boolean;
  /** Null where its client shows a token. */
  readonly pass: TicketPass | null;
}

export class EventStream implements Subscriber {
  readonly #connection: StreamedResponse;
  readonly #stream: OpenStream;
  readonly #pass: TicketPass | null;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws; then the stream is left
   */
  constructor(context: TransportContext, { stream, isTold, pass, ...options }: EventStreamOptions) {
    this.#stream = stream;
    this.#pass = pass;
    try {
      this.#connection = new StreamedResponse(context, {
        ...options,
        protocol,
        farewell: (error) => (isTold ? nextEventOf({ errors: [error] }) : null),
        ending: (error) => nextEventOf({ errors: [error] }) + completeEvent,
        streams: () => [{ stream, acknowledged: null }],
        onStop: () => stream.leave(),
        onClosed: () => pass?.end(),
      });
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  /** Begins to send events; the head of the response was written before. */
  start(): void {
    const { beginning } = this.#stream;
    this.#connection.start(beginningSoon(this.#pass ? this.#pass.idOf(beginning ?? '') : beginning));
    this.#pass?.begin(() => this.#connection.terminate());
    this.#stream.start(this);
  }

  send(frame: Frame): void {
    const cursor = String(frame.cursor);
    const id = this.#pass ? this.#pass.idOf(cursor) : cursor;
    this.#connection.outbox.pushFrame(nextEventHeadOf(id), frame, '');
  }

  ready(): Promise<void> | undefined {
    return this.#connection.outbox.ready();
  }

  disconnect(reason: string): void {
    this.#connection.disconnect(reason);
  }
}
