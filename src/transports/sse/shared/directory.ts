/** Finds the event stream of a ticket on whatever process it is, and asks it something. */
import { randomUUID } from 'node:crypto';
import { within } from '../../../lib/deadline.ts';
import { Unavailable } from '../../../lib/unavailable.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { PubSub } from '../../../stores/pubsub/pubsub.ts';
import type { Acceptance, SharedStream } from './stream.ts';
import type { PostedOperation } from './operation.ts';

/** What is asked of a stream, on behalf of a viewer: to run an operation, or to end one. */
export type StreamRequest = { readonly viewerId: string } & (
  { readonly run: PostedOperation } | { readonly end: string }
);

/** `missing`: there is no such stream, or none of this viewer, or its process does not answer. */
export type StreamAnswer = Acceptance | 'ended' | 'missing';

/** What is sent to all who have a stream of this ticket: a question, or that a newer one has been opened. */
type Message =
  | { readonly call: string; readonly replyTo: string; readonly request: StreamRequest }
  | { readonly openedAs: string };

interface Reply {
  readonly call: string;
  readonly answer: StreamAnswer;
}

export interface StreamDirectoryOptions {
  /** Null where there is no other process. */
  readonly signals: PubSub | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long another process has to answer, and the signal bus to be there, milliseconds. */
const answerTimeoutMs = 2_000;
const busTimeoutMs = 5_000;

/** One channel for each stream, so that nothing has to be kept of where it is: whoever has it listens. */
export class StreamDirectory {
  readonly #options: StreamDirectoryOptions;
  readonly #streams = new Map<string, SharedStream>();
  readonly #calls = new Map<string, (answer: StreamAnswer) => void>();
  readonly #replyTo = `stream-replies:${randomUUID()}`;
  #listening: Promise<() => Promise<void>> | undefined;

  constructor(options: StreamDirectoryOptions) {
    this.#options = options;
  }

  /**
   * From now on the stream is found, and one that was opened before with its ticket is ended. Resolves with the function that takes
   * it out.
   *
   * Rejects with `Unavailable` while the signal bus is away.
   */
  async add(ticketId: string, stream: SharedStream): Promise<() => void> {
    this.#streams.get(ticketId)?.terminate();
    const leave = await this.#announce(ticketId, stream);
    this.#streams.set(ticketId, stream);
    return () => {
      if (this.#streams.get(ticketId) === stream) this.#streams.delete(ticketId);
      leave();
    };
  }

  async #announce(ticketId: string, stream: SharedStream): Promise<() => void> {
    const { signals } = this.#options;
    if (!signals) return () => {};
    const [channel, openedAs] = [channelOf(ticketId), randomUUID()];
    const subscribing = signals.subscribe(channel, (message) => {
      const heard = message as Message;
      if (!('openedAs' in heard)) this.#answer(stream, heard);
      else if (heard.openedAs !== openedAs) stream.terminate();
    });
    const leave = () => this.#leave(subscribing);
    try {
      await this.#reach(subscribing);
      await signals.publish(channel, { openedAs } satisfies Message);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Rejects with `Unavailable` while the signal bus is away. */
  async ask(ticketId: string, request: StreamRequest): Promise<StreamAnswer> {
    const own = this.#streams.get(ticketId);
    if (own) return answerOf(own, request);
    const { signals, clock } = this.#options;
    if (!signals) return 'missing';
    await this.#listen(signals);
    const call = randomUUID();
    const { promise, resolve } = Promise.withResolvers<StreamAnswer>();
    this.#calls.set(call, resolve);
    const cancel = clock.after(answerTimeoutMs, () => resolve('missing'));
    try {
      const message: Message = { call, replyTo: this.#replyTo, request };
      await signals.publish(channelOf(ticketId), message);
      return await promise;
    } finally {
      cancel();
      this.#calls.delete(call);
    }
  }

  /** Its streams were ended before. */
  close(): void {
    if (this.#listening) this.#leave(this.#listening);
    for (const resolve of this.#calls.values()) resolve('missing');
  }

  /** Hears answers, from the first question on. */
  async #listen(signals: PubSub): Promise<void> {
    const hear = (message: unknown) => {
      const { call, answer } = message as Reply;
      this.#calls.get(call)?.(answer);
    };
    this.#listening ??= signals.subscribe(this.#replyTo, hear);
    await this.#reach(this.#listening);
  }

  #answer(stream: SharedStream, { call, replyTo, request }: Extract<Message, { call: string }>): void {
    const reply: Reply = { call, answer: answerOf(stream, request) };
    this.#options.signals!.publish(replyTo, reply).catch((error: unknown) => {
      this.#options.log.debug({ err: error }, 'whoever asked an event stream could not be answered');
    });
  }

  /** Also what is not live yet. */
  #leave(subscribing: Promise<() => Promise<void>>): void {
    subscribing
      .then((unsubscribe) => unsubscribe())
      .catch((error: unknown) => {
        this.#options.log.debug({ err: error }, 'a channel of event streams could not be left');
      });
  }

  async #reach<T>(listening: Promise<T>): Promise<T> {
    try {
      return await within(this.#options.clock, busTimeoutMs, 'Listening', listening);
    } catch (error) {
      throw new Unavailable('The signal bus', error);
    }
  }
}

const channelOf = (ticketId: string): string => `stream:${ticketId}`;

function answerOf(stream: SharedStream, request: StreamRequest): StreamAnswer {
  if (request.viewerId !== stream.viewer.id) return 'missing';
  if ('run' in request) return stream.accept(request.run);
  stream.end(request.end);
  return 'ended';
}
