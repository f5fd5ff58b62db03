/** The bytes of an event stream that many operations share: the data of each event says whose it is. */
import type { GraphQLFormattedError } from 'graphql';
import type { Outcome } from '../../../operations/operations.ts';
import type { EncodedAnswer } from '../../shared-connection.ts';
import { eventStreamProtocol, framingWithEnd } from '../framing.ts';

export const sharedProtocol = eventStreamProtocol(framingWithEnd('}'));

/** The beginning of an event, up to its result, in Latin-1. */
export function sharedEventHead(operationId: string): string {
  const head = `event: next\ndata: {"id":${JSON.stringify(operationId)},"payload":`;
  return Buffer.from(head, 'utf8').toString('latin1');
}

const nextEvent = (id: string, payload: unknown): string =>
  `event: next\ndata: ${JSON.stringify({ id, payload })}\n\n`;

const completeEvent = (id: string): string => `event: complete\ndata: ${JSON.stringify({ id })}\n\n`;

/** The last that an operation is shown. */
export const refusalEvents = (id: string, errors: readonly GraphQLFormattedError[]): string[] => [
  nextEvent(id, { errors }),
  completeEvent(id),
];

/** One result, errors included, and the end: the stock client takes it for the last of its operation. */
export function encodeAnswer(
  id: string,
  outcome: Exclude<Outcome, { kind: 'stream' }>,
  wasChange: boolean,
): EncodedAnswer {
  const texts =
    outcome.kind === 'refused'
      ? refusalEvents(id, outcome.errors)
      : [nextEvent(id, outcome.result), completeEvent(id)];
  return { texts, wasChange, refusal: (error) => refusalEvents(id, [error]) };
}
