/**
 * Runs operations of a socket, and waits out what passes. The protocol has no answer to `subscribe` but events and a final
 * error, so a subscription that is refused for a while waits here. Where it has waited for long enough, or too much waits,
 * the socket is closed: then the client comes back with all it had.
 */
import { OperationTypeNode } from 'graphql';
import { isTransient } from '../../lib/errors.ts';
import type { Outcome } from '../../operations/operations.ts';
import type { FoundOperation } from '../../operations/operation-cache.ts';
import type { Caller, OperationRequest } from '../../operations/request.ts';
import type { TransportContext } from '../transport.ts';
import type { Wait } from '../waits.ts';

export type OpeningContext = Pick<
  TransportContext,
  'operations' | 'sessions' | 'waits' | 'metrics' | 'slots' | 'receipts' | 'receipts'
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
  const first = await run(context, request, caller);
  if (!isRefusedForNow(first.outcome) || !mayStream(first.found, request))
    return { ...first, isTurnedAway: false };
  const { waits, metrics } = context;
  const wait = waits.begin(caller.viewer!.id, textBytes);
  const last = wait
    ? await waitOut(context, { request, caller, wait, refusal: first.outcome })
    : { ...first, outcome: first.outcome, isTurnedAway: true as const };
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

async function waitOut(context: OpeningContext, waiting: Waiting): Promise<Ran> {
  const { request, caller, wait } = waiting;
  let { refusal } = waiting;
  try {
    for (;;) {
      const [error] = refusal.errors;
      const code = error!.extensions?.['code'];
      const hasRoom = code === 'LIMIT_EXCEEDED' && (await context.sessions.endGone(caller.viewer!.id)) > 0;
      const isTooLong = !hasRoom && !(await wait.pause(error!, caller.signal));
      const again = await run(context, request, caller);
      if (!isRefusedForNow(again.outcome) || caller.signal.aborted) return { ...again, isTurnedAway: false };
      refusal = again.outcome;
      if (isTooLong) return { found: again.found, outcome: refusal, isTurnedAway: true };
    }
  } finally {
    wait.end();
  }
}

async function run({ operations }: OpeningContext, request: OperationRequest, caller: Caller) {
  const found = await operations.find(request, caller);
  return { found, outcome: await operations.run(found, request.variables ?? {}, caller) };
}

function isRefusedForNow(outcome: Outcome): outcome is Refused {
  return outcome.kind === 'refused' && outcome.errors[0] !== undefined && isTransient(outcome.errors[0]);
}

/** Whether it is a subscription, or may be one where nobody has looked at the text. Who sends another is told at once. */
function mayStream({ operation }: FoundOperation, { query }: OperationRequest): boolean {
  return operation
    ? operation.definition.operation === OperationTypeNode.SUBSCRIPTION
    : query.includes('subscription');
}
