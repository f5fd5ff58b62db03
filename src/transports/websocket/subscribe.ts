/** Owns the `subscribe` messages that open a stream: graphql-ws is told of the operation's id, and of nothing else. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws';
import type { Connection, ProtocolState } from './connection.ts';
import type { StreamOperations } from '../../operations/operations.ts';
import { SocketSubscription } from './subscription.ts';

export interface SocketStreamsOptions {
  readonly operations: StreamOperations;
  readonly formatErrors: (
    errors: readonly GraphQLError[],
    connection: Connection,
  ) => readonly GraphQLFormattedError[];
}

/**
 * graphql-ws waits inside the handling of a `subscribe` message until its operation ends: with the message, its text, the
 * arguments of the execution and half a dozen closures, several kilobytes for each subscription, for as long as it lasts.
 * So a message that opens a stream is handled here, with the same outcome in every case, and takes its place among the
 * operations that graphql-ws knows: whose ids are taken, and which end with `complete` or with the socket.
 */
export class SocketStreams {
  readonly #options: SocketStreamsOptions;

  constructor(options: SocketStreamsOptions) {
    this.#options = options;
  }

  /** Undefined where the message is graphql-ws' to handle: it opens no stream, or there is something wrong with it. */
  open(connection: Connection, text: string): Promise<void> | undefined {
    const { protocol } = connection;
    if (!protocol?.acknowledged) return undefined;
    const message = readSubscribe(text);
    if (!message || message.id in protocol.subscriptions) return undefined;
    if (!this.#options.operations.isSubscription(message.payload)) return undefined;
    return this.#subscribe(connection, protocol, message);
  }

  async #subscribe(
    connection: Connection,
    { subscriptions }: ProtocolState,
    { id, payload }: SubscribeMessage,
  ): Promise<void> {
    const subscription = new SocketSubscription(connection, id);
    subscriptions[id] = subscription;
    connection.noteActivity();
    const { id: requestId, address, places } = connection;
    // There is one since the acknowledgement.
    const viewer = connection.viewer!;
    const ready = await this.#options.operations.prepare({ requestId, address, viewer, places }, payload);
    if ('args' in ready) subscription.begin(ready.stream!);
    else if (!subscription.ended) {
      const errors = this.#options.formatErrors(ready, connection);
      connection.send(JSON.stringify({ id, type: MessageType.Error, payload: errors }));
      delete subscriptions[id];
    }
  }
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
