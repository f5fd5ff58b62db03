/** The WebSocket close codes: what each means, and whether the client should connect again. */

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
  /** The client reads too slowly, the service cannot go on, or an address has shown too many bad tokens. Come back with your cursors. */
  tryAgainLater: { code: 1013, reason: 'Try again later', reconnect: true },
  /** A message that is not one of the protocol, or whose operation id is too long. */
  badRequest: { code: 4400, reason: 'Bad request', reconnect: false },
  /** No token, a token that proves nothing, or a `subscribe` before the connection was acknowledged. */
  unauthorized: { code: 4401, reason: 'Unauthorized', reconnect: false },
  /** The token has expired. Come back with a new one. */
  forbidden: { code: 4403, reason: 'Forbidden', reconnect: true },
  /** The client does not speak graphql-transport-ws. */
  subprotocolNotAcceptable: { code: 4406, reason: 'Subprotocol not acceptable', reconnect: false },
  /** `connection_init` did not come in time. */
  initialisationTimeout: { code: 4408, reason: 'Connection initialisation timeout', reconnect: true },
  /** An operation id that is in use already. */
  subscriberExists: { code: 4409, reason: 'Subscriber already exists', reconnect: false },
  /** A second `connection_init`, or more connections than one viewer may have. */
  tooMany: { code: 4429, reason: 'Too many initialisation requests', reconnect: false },
  /** A mistake of the service. */
  internalError: { code: 4500, reason: 'Internal server error', reconnect: false },
} as const satisfies Record<string, CloseCode>;
