/** Owns what can go wrong with another service, and what clients are told of it. */
import { ClientError } from '../lib/errors.ts';

/** A call that did not lead to an answer this service can use: worth another try, and counted against the service. */
export class UpstreamFailure extends Error {
  readonly outcome: FailureOutcome;

  constructor(outcome: FailureOutcome, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UpstreamFailure';
    this.outcome = outcome;
  }
}

/**
 * `unreachable`: no connection, or one that broke; `timeout`: no answer in time; `failed`: it answered that it failed;
 * `unreadable`: what it answered is not what it promises.
 */
export type FailureOutcome = 'unreachable' | 'timeout' | 'failed' | 'unreadable';

/** What a client is told when a service is needed and away. `reason` is the service's own word, where it gave one. */
export function upstreamUnavailable(service: string, reason?: string): ClientError {
  return new ClientError(
    'UPSTREAM_UNAVAILABLE',
    reason === undefined
      ? `${service} can't be reached right now, or does not answer as it should. Try again soon.`
      : `${service} refused: ${reason}.`,
    { service, ...(reason !== undefined && { reason }) },
  );
}
