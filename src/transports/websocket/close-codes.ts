/** The WebSocket close codes: what each means, and whether the client should connect again. */

import { ended } from '../endings.ts';
import type { RightEnded } from '../session-client.ts';

export interface CloseCode {
  readonly code: number;
  readonly reason: string;
  /** Whether it helps to connect again in the same way. */
  readonly reconnect: boolean;
}

/**
 * Codes below 4000 are from RFC 6455 and its registry, those above from the protocol graphql-transport-ws. The stock
 * `graphql-ws` client connects again for exactly those with `reconnect`.
 */
export const closeCodes = {
  /** The process ends; another one takes over. Come back with your cursors. */
  serviceRestart: { code: 1012, reason: 'Service restart', reconnect: true },
  /**
   * The client reads too slowly, the service cannot go on, there is no room for one more of the same viewer or address, or
   * an address has shown too many bad tokens. Come back with your cursors.
   */
  tryAgainLater: { code: 1013, reason: 'Try again later', reconnect: true },
  /** A message that is not one of the protocol, or whose operation id is too long. */
  badRequest: { code: 4400, reason: 'Bad request', reconnect: false },
  /** No token, a token that proves nothing, a session that was ended, or a `subscribe` before the connection was acknowledged. */
  unauthorized: { code: 4401, reason: 'Unauthorized', reconnect: false },
  /** The token has expired. Come back with a new one. */
  forbidden: { code: 4403, reason: 'Forbidden', reconnect: true },
  /** The client does not speak graphql-transport-ws. */
  subprotocolNotAcceptable: { code: 4406, reason: 'Subprotocol not acceptable', reconnect: false },
  /** `connection_init` did not come in time. */
  initialisationTimeout: { code: 4408, reason: 'Connection initialisation timeout', reconnect: true },
  /** An operation id that is in use already. */
  subscriberExists: { code: 4409, reason: 'Subscriber already exists', reconnect: false },
  /** A second `connection_init`. */
  tooMany: { code: 4429, reason: 'Too many initialisation requests', reconnect: false },
  /** A mistake of the service. */
  internalError: { code: 4500, reason: 'Internal server error', reconnect: false },
} as const satisfies Record<string, CloseCode>;

/** With what a socket is closed whose viewer may no longer be served. */
export const endedRights: Readonly<Record<RightEnded, readonly [code: CloseCode, message: string]>> = {
  expired: [closeCodes.forbidden, 'The token has expired; come back with a new one.'],
  revoked: [closeCodes.forbidden, 'The token no longer holds; come back with a new one.'],
  // A stock client takes the other code for a reason to come back, with the same token, for ever.
  ended: [closeCodes.unauthorized, ended.message],
};

/**
 * RFC 6455, section 7.4.1: those that clients close with, that stand for an end without one (1005, 1006), and that ws closes
 * with by itself, for frames which the RFC does not allow (1002, 1007, 1008) or that are too large (1009).
 */
const codesOfTheRfc = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011];

/** Of these, what ws closes with after a frame that it does not take. */
export const tooBig = 1009;

const knownCodes: ReadonlySet<number> = new Set([
  ...codesOfTheRfc,
  ...Object.values(closeCodes).map(({ code }) => code),
]);

export const isKnownCloseCode = (code: number): boolean => knownCodes.has(code);

/** What a metric calls a code. Clients may close with any of thousands, each of which would be a series of its own. */
export function closeLabel(code: number): string {
  return isKnownCloseCode(code) ? String(code) : 'other';
}

/** Longest reason that fits into a close frame, RFC 6455 section 5.5, bytes. */
const maxReasonBytes = 123;

export function limitReason(reason: string): string {
  return Buffer.byteLength(reason) <= maxReasonBytes ? reason : `${reason.slice(0, maxReasonBytes / 4)}…`;
}
