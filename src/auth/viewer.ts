/** The viewer: who is asking, and what they may do. */

import { ClientError } from '../lib/errors.ts';
import type { Token } from './request-token.ts';

export const permissions = [
  'view-dispatches',
  'create-dispatch',
  'update-dispatch',
  'report-location',
  'view-users',
  'view-messages',
  'send-messages',
] as const;
export type Permission = (typeof permissions)[number];

/** Who is asking, as a verified token names it. */
export interface Viewer {
  /** The token's `sub`. */
  readonly id: string;
  readonly name: string | null;
  readonly role: string;
  readonly permissions: ReadonlySet<string>;
  /** The viewer's ambulance. `update-dispatch` and `report-location` of a paramedic only apply to its dispatches. */
  readonly ambulanciaId: string | null;
  /** When the token expires, milliseconds since the Unix epoch; null when it does not. */
  readonly expiresAt: number | null;
  /** When the token was issued, milliseconds since the Unix epoch, by the clock of whoever issued it; left out where it does not say. */
  readonly issuedAt?: number;
  /** When the token must be verified again, by `Clock.elapsed`; left out for one that cannot be revoked. */
  readonly recheckAt?: number;
}

/**
 * Resolves with the viewer whom a token names. `address` is whose request has it; null for one that is verified again.
 *
 * Rejects with a ClientError: UNAUTHENTICATED with `extensions.reason` (a TokenFault) when the token is not good,
 * UPSTREAM_UNAVAILABLE when it cannot be verified at the moment, RATE_LIMITED with `retryAfterMs` when the address has shown
 * too many that are not.
 */
export type TokenVerifier = (token: Token, address: string | null) => Promise<Viewer>;

/** Whether a TokenVerifier rejected because the token is not good. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ClientError && error.extensions['code'] === 'UNAUTHENTICATED';
