/** A response in parts that shows one operation. */
import type { ServerResponse } from 'node:http';
import type { Viewer } from '../../auth/viewer.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { StreamedResponse } from '../http-stream/streamed-response.ts';
import type { TransportContext } from '../transport.ts';
import { beginning, endingOf, multipartProtocol, payloadHead } from './framing.ts';

export interface PartStreamOptions {
  readonly response: ServerResponse;
  readonly stream: OpenStream;
  readonly viewer: Viewer;
}

export class PartStream implements Subscriber {
  readonly #response: StreamedResponse;
  readonly #stream: OpenStream;

  /**
   * Begins a session of the viewer; nothing is sent before `start`.
   *
   * @throws what `Sessions.open` throws; then the stream is left
   */
  constructor(context: TransportContext, { response, stream, viewer }: PartStreamOptions) {
    this.#stream = stream;
    try {
      this.#response = new StreamedResponse(context, {
        ...{ protocol: multipartProtocol, response, viewer },
        farewell: endingOf,
        ending: endingOf,
        streams: () => [{ stream, acknowledged: null }],
        onStop: () => stream.leave(),
        onClosed: () => {},
      });
    } catch (error) {
      stream.leave();
      throw error;
    }
  }

  /** Begins to send parts; the head of the response was written before. */
  start(): void {
    this.#response.start(beginning);
    this.#stream.start(this);
  }

  send(frame: Frame): void {
    this.#response.outbox.pushFrame(payloadHead, frame);
  }

  ready(): Promise<void> | undefined {
    return this.#response.outbox.ready();
  }

  disconnect(reason: string): void {
    this.#response.disconnect(reason);
  }
}
