/** Owns the viewer: who is asking, and what its role allows. */

import { ClientError } from '../lib/errors.ts';

export const permissions = [
  'view-dispatches',
  'create-dispatch',
  'update-dispatch',
  'report-location',
  'view-users',
] as const;
export type Permission = (typeof permissions)[number];

/** Who is asking, as a verified token names it. */
export interface Viewer {
  /** The token's `sub`. */
  readonly id: string;
  readonly name: string | null;
  readonly role: string;
  readonly permissions: ReadonlySet<string>;
  /** The ambulance the viewer rides with; `update-dispatch` and `report-location` of a paramedic hold only there. */
  readonly ambulanciaId: string | null;
  /** When the token ends, milliseconds since the Unix epoch; null when it does not. */
  readonly expiresAt: number | null;
  /** When whoever issued the token is to be asked again, milliseconds since the Unix epoch; left out for one that nobody can take back. */
  readonly recheckAt?: number;
}

/**
 * Tells whom a token names.
 *
 * Rejects with a ClientError: UNAUTHENTICATED with `extensions.reason` (a TokenFault) when the token is not good,
 * UPSTREAM_UNAVAILABLE when nobody can say.
 */
export type TokenVerifier = (token: string) => Promise<Viewer>;

/** Whether a TokenVerifier rejected because the token is not good. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ClientError && error.extensions['code'] === 'UNAUTHENTICATED';
