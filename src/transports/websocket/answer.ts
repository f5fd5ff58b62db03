/** Sends the answer of an operation that is no stream, as its reader takes it: large ones wait until there is room. */
import { MessageType } from 'graphql-ws';
import { ClientError } from '../../lib/errors.ts';
import type { Outcome } from '../../operations/operations.ts';
import { smallBytes, UnreadAnswer } from '../../operations/unread.ts';
import type { Connection } from './connection.ts';

/** The operation that is answered. */
export interface AnsweredOperation {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** To be called when there is an outcome. Returns whether the client still waits for it. */
  settle(): boolean;
}

export interface EncodedAnswer {
  readonly id: string;
  /** Messages of the protocol. */
  readonly texts: readonly string[];
  /** Of all texts. */
  readonly bytes: number;
  /** Whether a mutation was executed. */
  readonly wasChange: boolean;
}

export function encodeAnswer(
  id: string,
  outcome: Exclude<Outcome, { kind: 'stream' }>,
  wasChange: boolean,
): EncodedAnswer {
  const messages =
    outcome.kind === 'refused'
      ? [{ type: MessageType.Error, payload: outcome.errors }]
      : [{ type: MessageType.Next, payload: outcome.result }, { type: MessageType.Complete }];
  const texts = messages.map((message) => JSON.stringify({ id, ...message }));
  return { id, texts, bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0), wasChange };
}

/**
 * Whoever reads at all is not too slow for what they asked for: an answer waits for its turn, and counts as unread until it
 * has come. `done` is called when it was sent, unless the client no longer wants it.
 */
export async function sendAnswer(
  connection: Connection,
  operation: AnsweredOperation,
  answer: EncodedAnswer,
  done: () => void,
): Promise<void> {
  const { outbox } = connection;
  const { bytes } = answer;
  let { texts } = answer;
  let unread: UnreadAnswer | undefined;
  try {
    if (bytes > smallBytes || outbox.roomFor(bytes)) {
      unread = new UnreadAnswer(outbox.unread!);
      if (bytes > outbox.maxMessageBytes) throw tooLarge(outbox.maxMessageBytes);
      unread.take(bytes, answer);
    }
    const gone = unread && untilAborted(operation.signal);
    for (let room = outbox.roomFor(bytes); room; room = outbox.roomFor(bytes)) {
      await Promise.race([room, gone]);
      if (operation.signal.aborted) return;
    }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    texts = [JSON.stringify({ id: answer.id, type: MessageType.Error, payload: [error.toJSON()] })];
  } finally {
    unread?.release();
  }
  // Still in the turn in which there was room.
  if (!operation.settle()) return;
  for (const text of texts) connection.send(text);
  done();
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function tooLarge(limit: number): ClientError {
  return new ClientError('RESULT_TOO_LARGE', `The answer has more than ${limit} bytes: ask for less.`, {
    limit,
  });
}
