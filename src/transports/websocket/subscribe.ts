/** Operations on a socket: answers `subscribe` messages in place of graphql-ws, which knows the operation ids alone. */
import { OperationTypeNode } from 'graphql';
import { MessageType, parseMessage, type SubscribeMessage } from 'graphql-ws';
import { idempotencyKeyOf, readDocumentId, type Caller } from '../../operations/request.ts';
import { endSlot, maxIdBytes, runPatiently, sendAnswer, type OpeningContext } from '../shared-connection.ts';
import { encodeAnswer } from './answer.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection, ProtocolState } from './connection.ts';
import type { RenewalContext } from './renewal.ts';
import { SocketOperation } from './socket-operation.ts';

export interface SubscribeContext extends OpeningContext, RenewalContext {
  /** Connections of gateways that have proved themselves. */
  readonly gateways: WeakSet<Connection>;
}

/** graphql-ws gives each operation such an id, with which it sends again what was not answered when its socket broke. */
const isUuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * graphql-ws would hold the message, its text, the arguments of the execution and half a dozen closures for as long as a
 * subscription lasts: several kilobytes for each. So `subscribe` messages are answered here, in every case as graphql-ws
 * would answer. The operations are listed in graphql-ws' state of the connection, which ends them on `complete` and when
 * the socket closes, and refuses an id that is in use.
 *
 * Undefined for a message that graphql-ws has to handle: another type, or something is wrong with it.
 */
export function answerSubscribe(
  context: SubscribeContext,
  connection: Connection,
  text: string,
): Promise<void> | undefined {
  const { protocol } = connection;
  if (!protocol?.acknowledged) return undefined;
  const message = readSubscribe(text);
  if (!message || message.id in protocol.subscriptions) return undefined;
  if (Buffer.byteLength(message.id) > maxIdBytes) {
    connection.close(closeCodes.badRequest, `An operation id has at most ${maxIdBytes} bytes.`);
    return Promise.resolve();
  }
  return answer(context, connection, protocol, message, text.length);
}

async function answer(
  context: SubscribeContext,
  connection: Connection,
  { subscriptions }: ProtocolState,
  { id, payload }: SubscribeMessage,
  textBytes: number,
): Promise<void> {
  const { session } = connection;
  const operation = new SocketOperation(connection, id);
  subscriptions[id] = operation;
  session.noteActivity();
  const resumption = operation.claimSlot(context.slots, id);
  let caller: Caller = {
    ...connection.callerOf(operation.signal),
    idempotencyKey: idempotencyKeyOf(payload, isUuid.test(id) ? id : null),
    resumption,
    session: context.renewals.of(connection, 'mutation'),
    isTrusted: context.gateways.has(connection),
    traceparent: payload.extensions?.['traceparent'],
  };
  let ran = await runPatiently(context, payload, caller, textBytes);
  // A stream that was opened with a token that was replaced meanwhile is opened again with that one, where its client is.
  while (ran.outcome.kind === 'stream' && session.viewer !== caller.viewer) {
    ran.outcome.stream.leave();
    caller = { ...caller, viewer: session.viewer };
    ran = await runPatiently(context, payload, caller, textBytes);
  }
  const { found, outcome, isTurnedAway } = ran;
  if (isTurnedAway) {
    connection.close(closeCodes.tryAgainLater, outcome.errors[0]!.message);
    return;
  }
  if (outcome.kind === 'stream') {
    if (operation.settle()) operation.begin(outcome.stream, context.receipts);
    else outcome.stream.leave();
    return;
  }
  if (found.operation) endSlot(resumption, found.operation, payload.variables, outcome);
  const wasChange = found.operation?.definition.operation === OperationTypeNode.MUTATION;
  // Returned, not awaited: what was executed is not kept beside its text.
  return sendAnswer(connection, operation, encodeAnswer(id, outcome, wasChange), () => {
    delete subscriptions[id];
  });
}

export const isSubscribe = (text: string): boolean => readSubscribe(text) !== undefined;

function readSubscribe(text: string): SubscribeMessage | undefined {
  try {
    const message = parseMessage(mayName.test(text) ? withQuery(JSON.parse(text)) : text);
    return message.type === MessageType.Subscribe ? message : undefined;
  } catch {
    // graphql-ws finds the same error, and closes the socket.
    return undefined;
  }
}

const mayName = /"(?:persistedQuery|documentId)"/;

/** An operation that is named by its id comes without a text, which graphql-ws would take for a mistake. */
function withQuery(message: unknown): unknown {
  const payload = (message as Partial<SubscribeMessage> | null)?.payload;
  if (typeof payload !== 'object' || payload === null || payload.query !== undefined) return message;
  return readDocumentId(payload) === null
    ? message
    : { ...(message as object), payload: { ...payload, query: '' } };
}
