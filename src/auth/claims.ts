/** Owns the reading of a verified token's claims: they come from whoever signs, and are not taken at their word's form. */
import type { JWTPayload } from 'jose';
import { permissionsOfRole } from './roles.ts';
import type { Viewer } from './viewer.ts';

const maxIdChars = 128;
const maxNameChars = 256;
const maxPermissions = 200;
/** The last moment that a Date can hold. */
const endOfTime = 8_640_000_000_000_000;

/** Stands in for the role of a token that names none. */
const noRole = 'unknown';

/** A claim that does not have its form. Its message is meant for the client. */
export class ClaimError extends Error {
  constructor(claim: string, form: string) {
    super(`The token's "${claim}" must be ${form}.`);
    this.name = 'ClaimError';
  }
}

/**
 * The viewer that a token names. Its permissions are the token's; where it carries none, its role's; where there is no
 * such role, none.
 *
 * @param toleranceMs how long behind its end the token is still taken, milliseconds: `expiresAt` is the end of that
 * @throws ClaimError
 */
export function parseClaims(claims: JWTPayload, toleranceMs: number): Viewer {
  const id = readText(claims, 'sub', maxIdChars);
  if (id === null) throw new ClaimError('sub', 'the id of the viewer');
  const role = readText(claims, 'role', maxIdChars) ?? noRole;
  return Object.freeze({
    id,
    name: readText(claims, 'name', maxNameChars),
    role,
    permissions: new Set(readPermissions(claims) ?? permissionsOfRole(role)),
    ambulanciaId: readId(claims, 'ambulanciaId'),
    expiresAt: claims.exp === undefined ? null : Math.min(claims.exp * 1000 + toleranceMs, endOfTime),
  });
}

function readText(claims: JWTPayload, claim: string, maxChars: number): string | null {
  const value = claims[claim] ?? '';
  if (typeof value !== 'string' || value.length > maxChars || /\p{Cc}/u.test(value))
    throw new ClaimError(claim, `a text of up to ${maxChars} characters`);
  return value.trim() === '' ? null : value;
}

/** Other services write the ids of ambulances as numbers or as texts. */
function readId(claims: JWTPayload, claim: string): string | null {
  const value = claims[claim];
  return Number.isSafeInteger(value) ? String(value) : readText(claims, claim, maxIdChars);
}

function readPermissions(claims: JWTPayload): readonly string[] | null {
  const value = claims['permissions'] ?? null;
  if (value === null) return null;
  const isList = Array.isArray(value) && value.length <= maxPermissions;
  if (!isList || !value.every((item) => typeof item === 'string' && item.length <= maxIdChars))
    throw new ClaimError('permissions', `a list of up to ${maxPermissions} texts`);
  return value;
}
