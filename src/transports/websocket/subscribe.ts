/** Answers the `subscribe` messages of a socket: graphql-ws is told of the operation's id, and of nothing else. */
import { MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws';
import type { Operations, Outcome } from '../../operations/operations.ts';
import type { Connection, ProtocolState } from './connection.ts';
import { SocketOperation } from './operation.ts';

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
