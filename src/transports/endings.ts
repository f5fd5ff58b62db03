/** The errors with which streams end whose clients hear of it by an error, and by no close code; and why newcomers are refused. */
import type { GraphQLFormattedError } from 'graphql';

/** The token no longer holds. */
export const expiry: GraphQLFormattedError = {
  message: 'The token has expired; subscribe again with a new one.',
  extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' },
};

/** The sessions of its viewer were ended. */
export const ended: GraphQLFormattedError = {
  message: 'The session was ended: sign in anew.',
  extensions: { code: 'UNAUTHENTICATED', reason: 'SESSION_ENDED' },
};

/** The stream can be taken up again with its cursor. */
export function interruption(message: string): GraphQLFormattedError {
  return { message, extensions: { code: 'STREAM_INTERRUPTED' } };
}

/** Why nobody is to come to this process for now. */
export interface SessionRefusal {
  /** What metrics call it. */
  readonly why: 'draining' | 'cut_off';
  readonly message: string;
}

export const refusals = {
  draining: { why: 'draining', message: 'The service is shutting down.' },
  cutOff: { why: 'cut_off', message: 'This process is cut off from the others; come back.' },
} as const satisfies Record<string, SessionRefusal>;
