/** The errors with which streams end whose clients hear of it by an error, and by no close code. */
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
