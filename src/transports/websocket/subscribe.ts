/** Operations on a socket: answers `subscribe` messages, of which graphql-ws is told the operation's id and nothing else. */
import { MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws';
import { CallerLeft } from '../../lib/caller-left.ts';
import type { OpenStream, Operations, Outcome } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection, ProtocolState } from './connection.ts';
import { nextMessageHead } from './framing.ts';

/**
 * graphql-ws waits inside the handling of a `subscribe` message until its operation ends: with the message, its text, the
 * arguments of the execution and half a dozen closures, several kilobytes for each subscription, for as long as it lasts.
 * So these messages are answered here, with the same outcome in every case, and their operations take their place among
 * those that graphql-ws knows: whose ids are taken, and which end with `complete` or with the socket.
 *
 * Undefined where the message is graphql-ws' to handle: it is another one, or there is something wrong with it.
 */
export function answerSubscribe(
  operations: Operations,
  connection: Connection,
  text: string,
): Promise<void> | undefined {
  const { protocol } = connection;
  if (!protocol?.acknowledged) return undefined;
  const message = readSubscribe(text);
  if (!message || message.id in protocol.subscriptions) return undefined;
  return answer(operations, connection, protocol, message);
}

async function answer(
  operations: Operations,
  connection: Connection,
  { subscriptions }: ProtocolState,
  { id, payload }: SubscribeMessage,
): Promise<void> {
  const operation = new SocketOperation(connection, id);
  subscriptions[id] = operation;
  connection.session.noteActivity();
  const caller = connection.callerOf(operation.signal);
  const found = operations.find(payload, caller);
  const outcome = await operations.run(found, payload.variables ?? {}, caller);
  const isWanted = operation.settle();
  if (outcome.kind === 'stream') {
    if (isWanted) operation.begin(outcome.stream);
    else outcome.stream.leave();
  } else if (isWanted) {
    for (const message of messagesOf(outcome)) connection.send(JSON.stringify({ id, ...message }));
    delete subscriptions[id];
  }
}

function messagesOf(outcome: Exclude<Outcome, { kind: 'stream' }>): readonly object[] {
  return outcome.kind === 'refused'
    ? [{ type: MessageType.Error, payload: outcome.errors }]
    : [{ type: MessageType.Next, payload: outcome.result }, { type: MessageType.Complete }];
}

function readSubscribe(text: string): SubscribeMessage | undefined {
  try {
    const message = parseMessage(text);
    return message.type === MessageType.Subscribe ? message : undefined;
  } catch {
    // graphql-ws finds the same, and closes the socket.
    return undefined;
  }
}

/**
 * One operation: to the hub it is a subscriber, to graphql-ws an operation that goes on, listed under its id, which ends
 * when the client completes it or the socket closes. Frames go from the hub to the outbox: nothing ever iterates it.
 */
class SocketOperation implements Subscriber, AsyncIterable<never> {
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
