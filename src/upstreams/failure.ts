/** How calls of other services fail, and what clients are told of it. */
import { ClientError } from '../lib/errors.ts';
import { clientFailureOf } from '../lib/failures/driver-failures.ts';

/** A call that brought no usable answer. It is worth another try, and counts as a failure of the service. */
export class UpstreamFailure extends Error {
  readonly outcome: FailureOutcome;

  constructor(outcome: FailureOutcome, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UpstreamFailure';
    this.outcome = outcome;
  }

  /** Whether there was no connection that the call could have been sent over. */
  get wasNeverSent(): boolean {
    return this.outcome === 'unreachable' && clientFailureOf(this.cause).wasNeverSent === true;
  }
}

/**
 * `unreachable`: there was no connection, or it broke; `timeout`: there was no answer in time; `failed`: the answer was an
 * error; `unreadable`: the answer did not have the promised form.
 */
export type FailureOutcome = 'unreachable' | 'timeout' | 'failed' | 'unreadable';

/** The error of a call that did not leave this process, or that nobody took. */
class NeverSent extends ClientError {}

/** Whether a change that was rejected with this error surely did not happen. */
export function surelyDidNotHappen(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  const { code, reason } = error.extensions;
  return error instanceof NeverSent || code !== 'UPSTREAM_UNAVAILABLE' || reason !== undefined;
}

/** Like `upstreamUnavailable`, for a call that surely did nothing. */
export function neverSent(service: string): ClientError {
  const { message, extensions } = upstreamUnavailable(service);
  return new NeverSent('UPSTREAM_UNAVAILABLE', message, extensions);
}

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
