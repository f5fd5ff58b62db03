/** Makes tokens, for development and for the programs beside the service. */
import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Config } from '../config/config.ts';
import { type Clock, secondsOf } from '../lib/clock.ts';

/** The claims of a token, without those that are null or left out. */
export interface TokenClaims {
  readonly sub: string;
  readonly role?: string | null;
  readonly name?: string | null;
  readonly ambulanciaId?: string | null;
  /** Left out for those of the role. */
  readonly permissions?: readonly string[] | null;
}

/** Another service issues the tokens. */
export class TokenIssueError extends Error {
  constructor() {
    super('Tokens come from JWKS_URL or MS_AUTH_URL, and cannot be made here. Set JWT_SECRET instead.');
    this.name = 'TokenIssueError';
  }
}

/**
 * A token that a service of this configuration accepts for `ttlMs` milliseconds.
 *
 * @throws TokenIssueError where a key set is configured
 */
export async function issueToken(
  { auth, secrets }: Pick<Config, 'auth' | 'secrets'>,
  { sub, ...claims }: TokenClaims,
  { ttlMs, clock }: { readonly ttlMs: number; readonly clock: Clock },
): Promise<string> {
  if (!secrets.jwtSecret) throw new TokenIssueError();
  const present = Object.entries(claims).filter(([, value]) => value != null);
  const nowSeconds = secondsOf(clock.now());
  const token = new SignJWT(Object.fromEntries(present))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + Math.ceil(ttlMs / 1000));
  if (auth.issuer !== null) token.setIssuer(auth.issuer);
  if (auth.audience !== null) token.setAudience(auth.audience);
  return token.sign(createSecretKey(Buffer.from(secrets.jwtSecret.reveal())));
}
