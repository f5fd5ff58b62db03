/** Verifies the opaque tokens of MS Auth, by asking MS Auth whom each names. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../lib/memory/most-entries.ts';
import { type Clock, hasCome } from '../lib/clock.ts';
import { ClientError } from '../lib/errors.ts';
import type { TokenVerdicts } from '../stores/token-verdicts/token-verdicts.ts';
import type { AcceptedToken, AuthProfile, MsAuth } from '../upstreams/ms-auth.ts';
import type { Token } from './request-token.ts';
import { chooseRole, messagePermissions, permissionsOfRole } from './roles.ts';
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
const maxProfiles = 10_000;
/** MS Auth does not know these permissions, so they come with the role. */
const ourOwnPermissions: readonly string[] = ['report-location', ...messagePermissions];
const noRole = 'unknown';

/** Whether a token has the form of those of MS Auth (`id|secret`), which no JWT has. */
export const isServiceToken = (token: Token): boolean => token.includes('|');

/** Asks MS Auth about each token once, until its answer has to be checked again. */
export function createServiceTokenVerifier(options: ServiceTokensOptions): TokenVerifier {
  const { clock, client, verdicts, refusedTokens, cacheMs, fallbackRole } = options;
  // An answer holds for `cacheMs`, and then stands in for a newer one as long again.
  const standsInMs = 2 * cacheMs;
  const profiles = new LRUCache<string, { readonly profile: AuthProfile; readonly until: number }>({
    ...mostEntries(maxProfiles),
  });

  /**
   * What MS Auth says now, an empty list of roles and a user who was shut out included. Only where it could not give the roles
   * an earlier answer stands in, and the viewer is to be verified again when that one is too old.
   */
  function complete({ userId, profile }: AcceptedToken): { profile: AuthProfile | null; until: number } {
    const now = clock.elapsed();
    if (profile && (profile.roles !== null || !profile.isActive)) {
      profiles.set(userId, { profile, until: now + standsInMs });
      return { profile, until: Infinity };
    }
    const known = profiles.get(userId);
    if (!known || known.until <= now) return { profile, until: Infinity };
    const permissions = profile?.permissions ?? known.profile.permissions;
    return { profile: { ...known.profile, permissions }, until: known.until };
  }

  async function ask(token: Token): Promise<Viewer> {
    const accepted = await client.check(token);
    if (!accepted) throw refusal('REVOKED', 'MS Auth does not accept the token.');
    if (accepted.expiresAt !== null && hasCome(accepted.expiresAt, clock.now()))
      throw refusal('EXPIRED', 'The token has expired.');
    const { profile, until } = complete(accepted);
    if (profile?.isActive === false) throw refusal('REVOKED', 'The user of the token was shut out.');
    return toViewer(accepted, profile, fallbackRole, Math.min(clock.elapsed() + cacheMs, until));
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
  return (token, address) =>
    token.length > maxTokenChars || !/^[^|]+\|[^|]+$/.test(token)
      ? Promise.reject(refusal('MALFORMED', 'The token is not one of MS Auth.'))
      : verifyOnce(token, address);
}

function toViewer(
  { userId, expiresAt }: AcceptedToken,
  profile: AuthProfile | null,
  fallbackRole: string | null,
  recheckAt: number,
): Viewer {
  // The fallback is for whom MS Auth says nothing of, not for who has no role by its word.
  const saysNothing = (profile?.roles ?? profile?.permissions ?? null) === null;
  const role = chooseRole(profile?.roles ?? []) ?? (saysNothing ? fallbackRole : null) ?? noRole;
  const ofRole = permissionsOfRole(role) ?? [];
  const permissions = profile?.permissions
    ? [...profile.permissions, ...ofRole.filter((permission) => ourOwnPermissions.includes(permission))]
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

/** Why a token was refused; undefined for any other error. */
const readReason = (error: unknown): unknown =>
  isRefusal(error) ? (error as ClientError).extensions['reason'] : undefined;

function refusal(reason: string, message: string): ClientError {
  return new ClientError('UNAUTHENTICATED', message, { reason });
}
