/** A client of an evening: it watches several streams on one socket, looks whether one has a gap, and resumes them when it is back. */
import { readPublishedUs, readSequence, markByte } from '../../dispatch-event.ts';
import { readPositionMark } from '../../position-event.ts';
import type { Protocol, Subscription } from '../protocols.ts';
import { WebSocketClient, type WebSocketEvents } from '../web-socket.ts';

export interface EveningClientOptions {
  readonly protocol: Protocol;
  readonly port: number;
  readonly localAddress: string;
  readonly token: string | null;
  readonly subscriptions: readonly Subscription[];
  /** Called with each event; `publishedUs` is null for one from before the client was last there. */
  readonly onEvent: (publishedUs: number | null) => void;
  readonly onProblem: (problem: string) => void;
}

/** What a client was shown, and what not, of all of its streams. */
export interface EveningTally {
  missed: number;
  doubled: number;
}

export class EveningClient implements WebSocketEvents {
  readonly #options: EveningClientOptions;
  readonly tally: EveningTally = { missed: 0, doubled: 0 };
  /** The newest event's number: of a dispatch on one subscription. */
  readonly #sequences = new Map<string, number>();
  /** The newest cursor of each subscription. */
  readonly #cursors = new Map<string, string>();
  /** The newest text of each subscription; kept for the first client alone. */
  readonly texts: Map<string, string> | null;
  #client: WebSocketClient;
  #ready = Promise.withResolvers<void>();
  #subscribedUs = 0;
  readonly #now: () => number;

  constructor(options: EveningClientOptions, now: () => number, keepsTexts: boolean) {
    this.#options = options;
    this.#now = now;
    this.texts = keepsTexts ? new Map() : null;
    this.#client = this.#connect();
  }

  /** Resolves when the server has accepted the newest connection, and the subscriptions have been sent. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Ends the connection as a failing network does, and comes back at once, with a cursor where the server gave one. */
  reconnect(): void {
    this.#client.drop();
    this.#ready = Promise.withResolvers<void>();
    this.#client = this.#connect();
  }

  onOpen(): void {
    const greeting = this.#options.protocol.greeting(this.#options.token);
    if (greeting !== null) this.#client.send(greeting);
  }

  onText(buffer: Buffer, start: number, end: number): void {
    const text = buffer.toString('utf8', start, end);
    const id = /"id":"([^"]+)","type":"next"/.exec(text.slice(0, 100))?.[1];
    if (id === undefined) {
      this.#onOther(text);
      return;
    }
    this.texts?.set(id, text);
    const cursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
    if (cursor !== undefined) this.#cursors.set(id, cursor);
    const event = readEvent(text, buffer, start, end);
    if (event === undefined) this.#onBeginning(text);
    else this.#onEvent(`${id} ${event.dispatch}`, event);
  }

  onEnd(reason: string): void {
    this.#ready.reject(new Error(reason));
    this.#options.onProblem(`A socket ended: ${reason}`);
  }

  #onEvent(stream: string, { sequence, publishedUs }: EventMark): void {
    const newest = this.#sequences.get(stream);
    if (newest !== undefined && sequence <= newest) this.tally.doubled += 1;
    // A client may begin at any event; from there it must get each one once.
    else if (newest !== undefined) this.tally.missed += sequence - newest - 1;
    this.#sequences.set(stream, Math.max(sequence, newest ?? 0));
    this.#options.onEvent(publishedUs < this.#subscribedUs ? null : publishedUs);
  }

  /** The state with which a stream begins; an error is a problem. */
  #onBeginning(text: string): void {
    if (this.#options.protocol.understand(text) !== 'snapshot') this.#options.onProblem(text);
  }

  #onOther(text: string): void {
    const meaning = this.#options.protocol.understand(text);
    if (meaning === 'ready') this.#subscribe();
    else if (meaning !== 'nothing' && meaning !== 'snapshot')
      if ('reply' in meaning) this.#client.send(meaning.reply);
      else if ('problem' in meaning) this.#options.onProblem(meaning.problem);
  }

  #subscribe(): void {
    const { protocol, subscriptions } = this.#options;
    for (const subscription of subscriptions) {
      const after = this.#cursors.get(subscription.id);
      const variables = { ...subscription.variables, ...(after !== undefined && { after }) };
      this.#client.send(protocol.subscribe({ ...subscription, variables }));
    }
    this.#subscribedUs = this.#now();
    this.#ready.resolve();
  }

  #connect(): WebSocketClient {
    const { protocol, port, localAddress } = this.#options;
    const { path, subProtocol } = protocol;
    // A rejection without a listener would end the process: `onProblem` has told it.
    this.#ready.promise.catch(() => undefined);
    return new WebSocketClient({ port, path, subProtocol, localAddress }, this);
  }
}

interface EventMark {
  readonly dispatch: string;
  readonly sequence: number;
  readonly publishedUs: number;
}

/** Undefined for what is no event, such as a snapshot. */
function readEvent(text: string, buffer: Buffer, start: number, end: number): EventMark | undefined {
  const position = readPositionMark(text);
  // A socket shows positions of a dispatch on one subscription: its id tells them apart.
  if (position !== undefined) return { dispatch: '', ...position };
  const mark = buffer.indexOf(markByte, start);
  if (mark < 0 || mark >= end) return undefined;
  const dispatch = /"dispatch":\{"id":"([^"]+)"/.exec(text)?.[1] ?? '';
  return { dispatch, sequence: readSequence(buffer, mark), publishedUs: readPublishedUs(buffer, mark) };
}
