/** Verifies JWTs: which are accepted, and what is said about the others. */
import { createSecretKey } from 'node:crypto';
import { errors, jwtVerify, type JWTVerifyOptions, type JWTVerifyResult } from 'jose';
import type { Config } from '../config/config.ts';
import { ClientError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import { ClaimError, parseClaims } from './claims.ts';
import { KeySetUnavailable, RemoteKeySet } from './key-set.ts';
import type { Secret } from '../config/secret.ts';
import { withTokenCache } from './token-cache.ts';
import type { TokenVerifier } from './viewer.ts';

/** Why a token is not good. */
export type TokenFault =
  | 'MALFORMED'
  | 'TYPE'
  | 'ALGORITHM'
  | 'SIGNATURE'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'ISSUER'
  | 'AUDIENCE'
  | 'CLAIMS';

/** Kept apart from those of key sets: were both accepted, anybody could sign with an issuer's public key taken as a secret. */
const algorithmsOfSecret = ['HS256'];
const algorithmsOfKeySet = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** How far the clock of the issuer may be from ours, seconds. */
const toleranceSeconds = 2;

/** Verifies a token's signature and its registered claims; rejects with jose's errors. */
type JwtVerification = (token: string, options: JWTVerifyOptions) => Promise<JWTVerifyResult>;

/** The keys of the token issuer; null where tokens are not verified by a key set. */
export function createKeySet({ auth }: Pick<Config, 'auth'>, clock: Clock, log: Logger): RemoteKeySet | null {
  return auth.kind === 'jwks' ? new RemoteKeySet(auth.jwksUrl, clock, log) : null;
}

/** See TokenVerifier. */
export function createTokenVerifier(
  { auth, secrets, messagePermissions }: Pick<Config, 'auth' | 'secrets' | 'messagePermissions'>,
  clock: Clock,
  log: Logger,
  keySet = createKeySet({ auth }, clock, log),
): TokenVerifier {
  if (auth.kind === 'none')
    return () =>
      Promise.reject(refusal('MALFORMED', 'The token is not one that is issued for this service.'));
  const verifyJwt = keySet
    ? verificationByKeySet(keySet)
    : verificationBySecrets([secrets.jwtSecret, secrets.jwtSecretPrevious]);
  const expected = {
    clockTolerance: toleranceSeconds,
    ...(auth.requiresExpiry && { requiredClaims: ['exp'] }),
    ...(auth.issuer !== null && { issuer: auth.issuer }),
    ...(auth.audience !== null && { audience: auth.audience }),
  };

  return withTokenCache(
    async (token) => {
      try {
        const { payload: claims, protectedHeader } = await verifyJwt(token, {
          ...expected,
          currentDate: new Date(clock.now()),
        });
        assertType(protectedHeader.typ);
        return parseClaims(claims, { toleranceMs: toleranceSeconds * 1000, messagePermissions });
      } catch (error) {
        throw toClientError(error);
      }
    },
    { clock },
  );
}

/** The first one that is there, or else one that is still valid while it is replaced. */
function verificationBySecrets(secrets: readonly (Secret | null)[]): JwtVerification {
  const [key, ...others] = secrets
    .filter((secret) => secret !== null)
    .map((secret) => createSecretKey(Buffer.from(secret.reveal())));
  return async (token, options) => {
    const pinned = { ...options, algorithms: algorithmsOfSecret };
    try {
      return await jwtVerify(token, key!, pinned);
    } catch (error) {
      const [previous] = others;
      if (!previous || !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      return jwtVerify(token, previous, pinned);
    }
  };
}

/** RFC 7519, section 5.1, and RFC 9068, section 2.1: an ID token or another JWT of the same issuer is no access token. */
function assertType(typ: unknown): void {
  if (typ === undefined) return;
  if (typeof typ !== 'string' || !/^(application\/)?(at\+)?jwt$/i.test(typ))
    throw refusal('TYPE', 'The token is a JWT of a type that is not accepted here.');
}

function verificationByKeySet(keySet: RemoteKeySet): JwtVerification {
  return async (token, options) => {
    const pinned = { ...options, algorithms: algorithmsOfKeySet };
    try {
      return await jwtVerify(token, keySet.find, pinned);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return verifyWithAny(token, error, pinned);
    }
  };
}

/** For a token that names no key where several could be meant: one of them must fit. */
async function verifyWithAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
) {
  for await (const key of keys) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function refusal(reason: TokenFault, message: string): ClientError {
  return new ClientError('UNAUTHENTICATED', message, { reason });
}

function toClientError(error: unknown): unknown {
  if (error instanceof KeySetUnavailable)
    return new ClientError('UPSTREAM_UNAVAILABLE', 'Tokens cannot be verified right now. Try again soon.');
  if (error instanceof ClaimError) return refusal('CLAIMS', error.message);
  if (error instanceof errors.JWTExpired) return refusal('EXPIRED', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) return refusalOfClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refusal('ALGORITHM', 'The token is signed with an algorithm that is not accepted here.');
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return refusal('SIGNATURE', 'The signature of the token is not one that is trusted here.');
  if (error instanceof errors.JOSEError) return refusal('MALFORMED', 'The token is not a signed JWT.');
  return error;
}

function refusalOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): ClientError {
  if (claim === 'iss') return refusal('ISSUER', 'The token comes from an issuer that is not trusted here.');
  if (claim === 'aud') return refusal('AUDIENCE', 'The token is meant for another audience.');
  if (claim === 'nbf' && reason === 'check_failed')
    return refusal('NOT_YET_VALID', 'The token is not valid yet.');
  return refusal('CLAIMS', `The token's "${claim}" is not as it must be.`);
}
