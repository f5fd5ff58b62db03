/**
 * What operations need that share a connection. One that is refused for a while waits here: their protocols have no answer to
 * `subscribe` but events and a final error. Where it has waited for long enough, or too much waits, the connection is closed:
 * then the client comes back with all it had. And an answer is sent as its reader takes it.
 */
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import { ClientError, isTransient } from '../lib/errors.ts';
import type { Outcome } from '../operations/operations.ts';
import type { FoundOperation } from '../operations/operation-cache.ts';
import type { Caller, OperationRequest } from '../operations/request.ts';
import { smallBytes, UnreadAnswer } from '../operations/unread.ts';
import { sharedVariables, type PreparedOperation, type Variables } from '../realtime/prepared-operation.ts';
import type { HeldSlot } from '../realtime/slots/held-slot.ts';
import type { Outbox } from './outbox.ts';
import type { TransportContext } from './transport.ts';
import type { Wait } from './waits.ts';

/** Bytes of an operation id, at the most: it is kept as long as its operation, and stands in front of every result. */
export const maxIdBytes = 128;

export type OpeningContext = Pick<
  TransportContext,
  'operations' | 'sessions' | 'waits' | 'metrics' | 'slots' | 'receipts'
>;

type Refused = Extract<Outcome, { kind: 'refused' }>;

type Ran = { readonly found: FoundOperation } & (
  | { readonly outcome: Outcome; readonly isTurnedAway: false }
  | { readonly outcome: Refused; readonly isTurnedAway: true }
);

/** Never rejects. `textBytes`: what is kept of the operation while it waits. */
export async function runPatiently(
  context: OpeningContext,
  request: OperationRequest,
  caller: Caller,
  textBytes: number,
): Promise<Ran> {
  const { operations, waits, metrics } = context;
  const finding = operations.find(request, caller);
  const found = finding instanceof Promise ? await finding : finding;
  const outcome = await operations.run(found, request.variables ?? {}, caller);
  if (!isRefusedForNow(outcome) || !mayStream(found, request)) return { found, outcome, isTurnedAway: false };
  const wait = waits.begin(caller.viewer!.id, textBytes);
  const last = wait
    ? await waitOut(context, { request, caller, wait, refusal: outcome })
    : { found, outcome, isTurnedAway: true as const };
  const why = last.isTurnedAway ? 'turned_away' : caller.signal.aborted ? 'left' : 'served';
  metrics.waits.inc({ outcome: why });
  if (last.isTurnedAway) metrics.turnedAway.inc({ why: 'subscribe' });
  return last;
}

interface Waiting {
  readonly request: OperationRequest;
  readonly caller: Caller;
  readonly wait: Wait;
  readonly refusal: Refused;
}

async function waitOut({ operations, sessions }: OpeningContext, waiting: Waiting): Promise<Ran> {
  const { request, caller, wait } = waiting;
  let { refusal } = waiting;
  try {
    for (;;) {
      const [error] = refusal.errors;
      const code = error!.extensions?.['code'];
      const hasRoom = code === 'LIMIT_EXCEEDED' && (await sessions.endGone(caller.viewer!.id)) > 0;
      const isTooLong = !hasRoom && !(await wait.pause(error!, caller.signal));
      const found = await operations.find(request, caller);
      const outcome = await operations.run(found, request.variables ?? {}, caller);
      if (!isRefusedForNow(outcome) || caller.signal.aborted) return { found, outcome, isTurnedAway: false };
      refusal = outcome;
      if (isTooLong) return { found, outcome, isTurnedAway: true };
    }
  } finally {
    wait.end();
  }
}

function isRefusedForNow(outcome: Outcome): outcome is Refused {
  return outcome.kind === 'refused' && outcome.errors[0] !== undefined && isTransient(outcome.errors[0]);
}

/** Whether it is a subscription, or may be one where nobody has looked at the text. Who sends another is told at once. */
function mayStream({ operation }: FoundOperation, { query }: OperationRequest): boolean {
  return operation
    ? operation.definition.operation === OperationTypeNode.SUBSCRIPTION
    : query === '' || query.includes('subscription');
}

const saysWithoutRight = ({ extensions }: GraphQLFormattedError): boolean =>
  extensions?.['code'] === 'FORBIDDEN' || extensions?.['code'] === 'UNAUTHENTICATED';

/** An operation has ended with this answer. Who may no longer see it has no place in it. */
export function endSlot(
  slot: HeldSlot | undefined,
  operation: PreparedOperation,
  variables: Variables | null | undefined,
  outcome: Outcome,
): void {
  const isWithoutRight = outcome.kind === 'refused' && outcome.errors.some(saysWithoutRight);
  if (isWithoutRight) slot?.refuse(operation, sharedVariables(operation, variables));
  else slot?.delete();
}

/** A connection that many operations share. */
export interface AnsweredConnection {
  readonly outbox: Outbox;
  /** Sends a message of its protocol. */
  send(text: string): void;
}

/** The operation that is answered. */
export interface AnsweredOperation {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** To be called when there is an outcome. Returns whether the client still waits for it. */
  settle(): boolean;
}

export interface EncodedAnswer {
  /** Messages of the protocol. */
  readonly texts: readonly string[];
  /** Whether a mutation was executed. */
  readonly wasChange: boolean;
  /** The messages in their place where they are too large, or too much waits. */
  refusal(error: GraphQLFormattedError): readonly string[];
}

/**
 * Whoever reads at all is not too slow for what they asked for: an answer waits for its turn, and counts as unread until it
 * has come. `done` is called when it was sent, unless the client no longer wants it.
 */
export async function sendAnswer(
  connection: AnsweredConnection,
  operation: AnsweredOperation,
  answer: EncodedAnswer,
  done: () => void,
): Promise<void> {
  const { outbox } = connection;
  let { texts } = answer;
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
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
    texts = answer.refusal(error.toJSON());
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
