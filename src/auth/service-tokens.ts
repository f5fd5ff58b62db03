/** Verifies the opaque tokens of MS Auth, by asking MS Auth whom each names. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import { ClientError } from '../lib/errors.ts';
import type { TokenVerdicts } from '../stores/token-verdicts/token-verdicts.ts';
import type { AcceptedToken, AuthProfile, MsAuth } from '../upstreams/ms-auth.ts';
import type { Token } from './request-token.ts';
import { permissionsOfRole } from './roles.ts';
import type { RefusedTokens } from './refused-tokens.ts';
import { hashToken, withTokenCache } from './token-cache.ts';
import { isRefusal, type TokenVerifier, type Viewer } from './viewer.ts';

export interface ServiceTokensOptions {
  readonly client: Pick<MsAuth, 'check'>;
  readonly verdicts: TokenVerdicts;
  readonly refusedTokens: RefusedTokens;
  readonly clock: Clock;
  /** How long a token that was accepted is not checked again, milliseconds. */
  readonly cacheMs: number;
  /** The role of viewers of whom MS Auth says only the id; null for none. */
  readonly fallbackRole: string | null;
}

/** How long a token that was refused is refused without asking again, by every process, milliseconds. */
const refusedMs = 30_000;
/** How long a token that was accepted is asked about though its address has shown too many bad ones, milliseconds. */
const knownGoodMs = 24 * 60 * 60_000;
const maxTokenChars = 1_024;
/** How long an earlier profile of a user is used where MS Auth cannot describe them now, milliseconds. */
const profileMs = 60 * 60_000;
const maxProfiles = 10_000;
/** Of several roles, the first of these counts. */
const rolesByWeight = ['admin', 'system', 'dispatcher', 'paramedic', 'doctor', 'hospital'];
/** MS Auth does not know this permission, so it comes with the role. */
const ourOwnPermission = 'report-location';
const noRole = 'unknown';

/** Whether a token has the form of those of MS Auth (`id|secret`), which no JWT has. */
export const isServiceToken = (token: Token): boolean => token.includes('|');

/** Asks MS Auth about each token once, until its answer has to be checked again. */
export function createServiceTokenVerifier(options: ServiceTokensOptions): TokenVerifier {
  const { clock, client, verdicts, refusedTokens } = options;
  const profiles = new LRUCache<string, AuthProfile>({
    max: maxProfiles,
    ttl: profileMs,
    ttlResolution: 0,
    perf: clock,
  });

  /** The profile of this answer, completed from an earlier one where MS Auth could not give the roles this time. */
  function complete({ userId, profile }: AcceptedToken): AuthProfile | null {
    if (profile && profile.roles.length > 0) {
      profiles.set(userId, profile);
      return profile;
    }
    const known = profiles.get(userId);
    return known && profile ? { ...known, permissions: profile.permissions } : (known ?? profile);
  }

  async function ask(token: Token): Promise<Viewer> {
    const accepted = await client.check(token);
    if (!accepted) throw refusal('REVOKED', 'MS Auth does not accept the token.');
    const now = clock.now();
    if (accepted.expiresAt !== null && accepted.expiresAt <= now)
      throw refusal('EXPIRED', 'The token has expired.');
    const profile = complete(accepted);
    if (profile?.isActive === false) throw refusal('REVOKED', 'The user of the token was shut out.');
    return toViewer(accepted, profile, options.fallbackRole, now + options.cacheMs);
  }

  /** The other processes need not ask about what this one was told. */
  async function askForAll(token: Token, key: string): Promise<Viewer> {
    try {
      const viewer = await ask(token);
      await verdicts.note(key, 'accepted', knownGoodMs);
      return viewer;
    } catch (error) {
      const reason = readReason(error);
      if (reason) await verdicts.note(key, reason === 'EXPIRED' ? 'expired' : 'revoked', refusedMs);
      throw error;
    }
  }

  async function verify(token: Token, address: string | null): Promise<Viewer> {
    const key = hashToken(token);
    const verdict = await verdicts.find(key);
    if (verdict === 'revoked') throw refusal('REVOKED', 'MS Auth does not accept the token.');
    if (verdict === 'expired') throw refusal('EXPIRED', 'The token has expired.');
    const check = () => askForAll(token, key);
    return verdict === 'accepted' || address === null ? check() : refusedTokens.check(address, check);
  }

  const verifyOnce = withTokenCache(verify, { clock, refusedMs });
  return async (token, address) => {
    if (token.length > maxTokenChars || !/^[^|]+\|[^|]+$/.test(token))
      throw refusal('MALFORMED', 'The token is not one of MS Auth.');
    return verifyOnce(token, address);
  };
}

function toViewer(
  { userId, expiresAt }: AcceptedToken,
  profile: AuthProfile | null,
  fallbackRole: string | null,
  recheckAt: number,
): Viewer {
  const role = roleOf(profile?.roles ?? []) ?? (profile?.permissions ? null : fallbackRole) ?? noRole;
  const ofRole = permissionsOfRole(role) ?? [];
  const permissions = profile?.permissions
    ? [...profile.permissions, ...ofRole.filter((permission) => permission === ourOwnPermission)]
    : ofRole;
  return Object.freeze({
    id: userId,
    name: profile?.name ?? null,
    role,
    permissions: new Set<string>(permissions),
    // MS Auth does not know who rides with which ambulance.
    ambulanciaId: null,
    expiresAt,
    recheckAt,
  });
}

function roleOf(roles: readonly string[]): string | null {
  return rolesByWeight.find((role) => roles.includes(role)) ?? roles[0] ?? null;
}

/** Why a token was refused; undefined for any other error. */
const readReason = (error: unknown): unknown =>
  isRefusal(error) ? (error as ClientError).extensions['reason'] : undefined;

function refusal(reason: string, message: string): ClientError {
  return new ClientError('UNAUTHENTICATED', message, { reason });
}
