/** Reads the claims of a verified token: the signature says who wrote them, not that they have the right form. */
import type { JWTPayload } from 'jose';
import type { Config } from '../config/config.ts';
import { isVisible, oneSpelling } from '../lib/text/readable-text.ts';
import { messagePermissions, normalizeRole, permissionsOfRole } from './roles.ts';
import type { Viewer } from './viewer.ts';

const maxIdChars = 128;
const maxNameChars = 256;
const maxPermissions = 200;
/** The year 5138, in seconds. Whatever is later is meant in milliseconds, and such a token would never end. */
const maxDateSeconds = 100_000_000_000;

/** The role of a viewer whose token names none. */
const noRole = 'unknown';

/** A claim does not have its form. The message is meant for the client. */
export class ClaimError extends Error {
  constructor(claim: string, form: string) {
    super(`The token's "${claim}" must be ${form}.`);
    this.name = 'ClaimError';
  }
}

export interface ClaimsOptions {
  /** How long after its end a token is still accepted, milliseconds; `expiresAt` includes it. */
  readonly toleranceMs: number;
  /** `implied`: a list of permissions that names none of those for messages has both, as it did before there were any. */
  readonly messagePermissions: Config['messagePermissions'];
}

/**
 * The viewer whom a token names. Their permissions are the token's; where it has none, their role's; where there is no such
 * role, none.
 *
 * @throws ClaimError
 */
export function parseClaims(claims: JWTPayload, options: ClaimsOptions): Viewer {
  const id = readText(claims, 'sub', maxIdChars);
  if (id === null) throw new ClaimError('sub', 'the id of the viewer');
  if (claims.exp !== undefined && claims.exp >= maxDateSeconds)
    throw new ClaimError('exp', 'in seconds since the Unix epoch');
  const role = normalizeRole(readText(claims, 'role', maxIdChars) ?? noRole);
  return Object.freeze({
    id,
    name: readText(claims, 'name', maxNameChars),
    role,
    permissions: new Set(ownPermissions(claims, options) ?? permissionsOfRole(role)),
    ambulanciaId: readId(claims, 'ambulanciaId'),
    expiresAt: claims.exp === undefined ? null : claims.exp * 1000 + options.toleranceMs,
    ...readIssuedAt(claims),
  });
}

/** One that says so in milliseconds would count as newer than everything: it says nothing. */
function readIssuedAt({ iat }: JWTPayload): Pick<Viewer, 'issuedAt'> {
  return iat === undefined || iat >= maxDateSeconds ? {} : { issuedAt: iat * 1000 };
}

function readText(claims: JWTPayload, claim: string, maxChars: number): string | null {
  const value = claims[claim] ?? '';
  if (typeof value !== 'string' || value.length > maxChars || /\p{Cc}/u.test(value))
    throw new ClaimError(claim, `a string of up to ${maxChars} characters`);
  return isVisible(value) ? oneSpelling(value) : null;
}

/** Other services write the ids of ambulances as numbers or as strings. */
function readId(claims: JWTPayload, claim: string): string | null {
  const value = claims[claim];
  return Number.isSafeInteger(value) ? String(value) : readText(claims, claim, maxIdChars);
}

/** Those that the token lists; null where it has no list. */
function ownPermissions(claims: JWTPayload, options: ClaimsOptions): readonly string[] | null {
  const listed = readPermissions(claims);
  if (listed === null || options.messagePermissions === 'explicit') return listed;
  const namesAny = messagePermissions.some((permission) => listed.includes(permission));
  // Who has neither a role nor a permission has none of these either.
  const isAnybody = listed.length > 0 || readText(claims, 'role', maxIdChars) !== null;
  return isAnybody && !namesAny ? [...listed, ...messagePermissions] : listed;
}

function readPermissions(claims: JWTPayload): readonly string[] | null {
  const value = claims['permissions'] ?? null;
  if (value === null) return null;
  const isList = Array.isArray(value) && value.length <= maxPermissions;
  if (!isList || !value.every((item) => typeof item === 'string' && item.length <= maxIdChars))
    throw new ClaimError('permissions', `a list of up to ${maxPermissions} strings`);
  return value.map(oneSpelling);
}
