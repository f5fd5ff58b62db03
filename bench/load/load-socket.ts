/** One simulated client: its handshake, its subscriptions, and the events that it receives. */
import { markByte, readPublishedUs, readSequence } from '../dispatch-event.ts';
import type { Protocol, Subscription } from './protocols.ts';
import { WebSocketClient, type WebSocketEvents } from './web-socket.ts';

export interface LoadSocketOptions {
  readonly protocol: Protocol;
  readonly port: number;
  readonly localAddress: string;
  readonly token: string | null;
  /** Called with each event as it arrives, and with when it was published (`machineUs`). */
  readonly onEvent: (socket: LoadSocket, publishedUs: number) => void;
  readonly onSnapshot: () => void;
  readonly onProblem: (problem: string) => void;
}

export class LoadSocket implements WebSocketEvents {
  readonly #options: LoadSocketOptions;
  readonly #client: WebSocketClient;
  readonly #ready = Promise.withResolvers<void>();
  /** The number of the newest event in its topic. Makes sense for a client with one subscription only. */
  sequence = 0;
  missed = 0;
  doubled = 0;
  /** Whether the text of the newest event is kept. */
  keepsText: boolean;
  text: string | null = null;

  constructor(options: LoadSocketOptions, keepsText: boolean) {
    const { protocol, port, localAddress } = options;
    this.#options = options;
    this.keepsText = keepsText;
    const { path, subProtocol } = protocol;
    this.#client = new WebSocketClient({ port, path, subProtocol, localAddress }, this);
  }

  /** Resolves when the server has accepted the connection. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  subscribe(subscription: Subscription): void {
    this.#client.send(this.#options.protocol.subscribe(subscription));
  }

  flushed(): Promise<void> {
    return this.#client.flushed();
  }

  drop(): void {
    this.#client.drop();
  }

  onOpen(): void {
    const greeting = this.#options.protocol.greeting(this.#options.token);
    if (greeting !== null) this.#client.send(greeting);
  }

  onText(buffer: Buffer, start: number, end: number): void {
    const mark = buffer.indexOf(markByte, start);
    if (mark < 0 || mark >= end) {
      this.#onOther(buffer.toString('utf8', start, end));
      return;
    }
    const sequence = readSequence(buffer, mark);
    // A client may begin at any event; from there it must get each one once.
    if (sequence <= this.sequence) this.doubled += 1;
    else if (this.sequence > 0) this.missed += sequence - this.sequence - 1;
    this.sequence = Math.max(this.sequence, sequence);
    if (this.keepsText) this.text = buffer.toString('utf8', start, end);
    this.#options.onEvent(this, readPublishedUs(buffer, mark));
  }

  onEnd(reason: string): void {
    this.#ready.reject(new Error(reason));
    this.#options.onProblem(`A socket ended: ${reason}`);
  }

  #onOther(text: string): void {
    const meaning = this.#options.protocol.understand(text);
    if (meaning === 'ready') this.#ready.resolve();
    else if (meaning === 'snapshot') this.#options.onSnapshot();
    else if (meaning !== 'nothing' && 'reply' in meaning) this.#client.send(meaning.reply);
    else if (meaning !== 'nothing') this.#options.onProblem(meaning.problem);
  }
}
