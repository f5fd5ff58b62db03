/** The answer of an operation that is no stream, in messages of graphql-transport-ws. */
import { MessageType } from 'graphql-ws';
import type { Outcome } from '../../operations/operations.ts';
import type { EncodedAnswer } from '../shared-connection.ts';

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
  return {
    ...{ texts, wasChange },
    refusal: (error) => [JSON.stringify({ id, type: MessageType.Error, payload: [error] })],
  };
}
