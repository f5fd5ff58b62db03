/** How calls of other services fail, and what clients are told of it. */
import { ClientError } from '../lib/errors.ts';

/** A call that brought no usable answer. It is worth another try, and counts as a failure of the service. */
export class UpstreamFailure extends Error {
  readonly outcome: FailureOutcome;

  constructor(outcome: FailureOutcome, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UpstreamFailure';
    this.outcome = outcome;
  }
}

/**
 * `unreachable`: there was no connection, or it broke; `timeout`: there was no answer in time; `failed`: the answer was an
 * error; `unreadable`: the answer did not have the promised form.
 */
export type FailureOutcome = 'unreachable' | 'timeout' | 'failed' | 'unreadable';

/** The error for a client whose request needs a service that is away. `reason` is the service's own, where it gave one. */
export function upstreamUnavailable(service: string, reason?: string): ClientError {
  return new ClientError(
    'UPSTREAM_UNAVAILABLE',
    reason === undefined
      ? `${service} cannot be reached right now, or does not answer as it should. Try again soon.`
      : `${service} refused: ${reason}.`,
    { service, ...(reason !== undefined && { reason }) },
  );
}
