/** Answers a request of HTTP with a stream, where its viewer has room for one. */
import type { FormattedExecutionResult } from 'graphql';
import { ClientError, isTransient, type ErrorCode } from '../../lib/errors.ts';
import type { Outcome } from '../../operations/operations.ts';
import type { TransportContext } from '../transport.ts';

/**
 * Who is gone makes room for who comes: `attempt` is made again where that helps.
 *
 * @throws what `attempt` throws; UPSTREAM_UNAVAILABLE while nobody is to come here
 */
export async function makingRoom<T>(
  { sessions }: Pick<TransportContext, 'sessions'>,
  viewerId: string,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    sessions.refuseNewcomers();
    try {
      return await attempt();
    } catch (error) {
      if (!isFull(error) || (await sessions.endGone(viewerId)) === 0) throw error;
      return await attempt();
    }
  } catch (error) {
    if (error instanceof ClientError && isTransient(error)) sessions.countTurnedAway();
    throw error;
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof ClientError && error.extensions['code'] === 'LIMIT_EXCEEDED' && isTransient(error);

/** What its client is shown of an operation that is no stream. @throws the error of one that was refused for a while */
export function resultOf(outcome: Exclude<Outcome, { kind: 'stream' }>): FormattedExecutionResult {
  if (outcome.kind === 'result') return outcome.result;
  const [first] = outcome.errors;
  const { code, ...extensions } = first?.extensions ?? {};
  if (first && isTransient(first)) throw new ClientError(code as ErrorCode, first.message, extensions);
  return { errors: outcome.errors };
}
