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
  /** Whether the text of the event that was published last is kept. */
  keepsText: boolean;
  text: string | null = null;
  #textPublishedUs = 0;
  #epoch = '';

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

  /** Where to go on after the newest event; undefined where its text was not kept, or does not say. */
  get cursor(): string | undefined {
    return this.text === null ? undefined : this.#options.protocol.readCursor(this.text, this.#epoch);
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
    const { separator } = this.#options.protocol;
    for (let from = start; from < end;) {
      const found = separator === null ? -1 : buffer.indexOf(separator, from);
      const to = found < 0 ? end : Math.min(found, end);
      if (to > from) this.#onMessage(buffer, from, to);
      from = to + 1;
    }
  }

  onEnd(reason: string): void {
    this.#ready.reject(new Error(reason));
    this.#options.onProblem(`A socket ended: ${reason}`);
  }

  #onMessage(buffer: Buffer, start: number, end: number): void {
    const first = buffer.indexOf(markByte, start);
    if (first < 0 || first >= end) {
      this.#onOther(buffer.toString('utf8', start, end));
      return;
    }
    // What a client missed may come in one message.
    for (let mark = first; mark >= 0 && mark < end; mark = buffer.indexOf(markByte, mark + 1))
      this.#onEvent(buffer, mark, start, end);
  }

  #onEvent(buffer: Buffer, mark: number, start: number, end: number): void {
    const sequence = readSequence(buffer, mark);
    // A client may begin at any event; from there it must get each one once.
    if (sequence <= this.sequence) this.doubled += 1;
    else if (this.sequence > 0) this.missed += sequence - this.sequence - 1;
    this.sequence = Math.max(this.sequence, sequence);
    const publishedUs = readPublishedUs(buffer, mark);
    // Servers keep the order of a topic, and not all of them that of several.
    if (this.keepsText && publishedUs >= this.#textPublishedUs) {
      this.text = buffer.toString('utf8', start, end);
      this.#textPublishedUs = publishedUs;
    }
    this.#options.onEvent(this, publishedUs);
  }

  #onOther(text: string): void {
    const meaning = this.#options.protocol.understand(text);
    if (meaning === 'ready') this.#ready.resolve();
    else if (meaning === 'snapshot') this.#options.onSnapshot();
    else if (meaning === 'nothing') return;
    else if ('epoch' in meaning) this.#epoch = meaning.epoch;
    else if ('reply' in meaning) this.#client.send(meaning.reply);
    else this.#options.onProblem(meaning.problem);
  }
}
