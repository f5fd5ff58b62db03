/** Owns the opaque tokens of MS Auth: whom each names, asked of MS Auth once, and believed for as long as that may be. */
import { createHash } from 'node:crypto';
import { ClientError } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { AcceptedToken, AuthProfile, MsAuth } from '../upstreams/ms-auth.ts';
import { permissionsOfRole } from './roles.ts';
import type { TokenVerifier, Viewer } from './viewer.ts';

export interface ServiceTokensOptions {
  readonly client: Pick<MsAuth, 'check'>;
  readonly clock: Clock;
  /** How long a token that was accepted is taken for good, milliseconds. */
  readonly cacheMs: number;
  /** The role of viewers of whom MS Auth says no more than the id; null for none. */
  readonly fallbackRole: string | null;
}

/** How long a token that was refused is refused without asking, milliseconds. */
const refusedMs = 30_000;
const maxTokens = 10_000;
const maxTokenChars = 1_024;
/** How long what MS Auth once said of a user stands in for what it can't say now, milliseconds. */
const profileMs = 60 * 60_000;
/** Of several roles, the first of these counts. */
const rolesByWeight = ['admin', 'system', 'dispatcher', 'paramedic', 'doctor', 'hospital'];
/** Not among the permissions of MS Auth: whoever has the role has it. */
const ourOwnPermission = 'report-location';
const noRole = 'unknown';

/** Whether a token is one of MS Auth's (`id|secret`), which no JWT looks like. */
export const isServiceToken = (token: string): boolean => token.includes('|');

interface Answer {
  readonly viewer: Promise<Viewer>;
  /** Milliseconds since the Unix epoch; infinite while it is under way. */
  until: number;
}

/** One call for a token at a time, and none while its last answer holds. Tokens are remembered by their hashes alone. */
export function createServiceTokenVerifier(options: ServiceTokensOptions): TokenVerifier {
  const { clock, client } = options;
  /** In order of last use. */
  const answers = new Map<string, Answer>();
  const profiles = new Map<string, { readonly profile: AuthProfile; readonly until: number }>();

  function remember({ userId, profile }: AcceptedToken): AuthProfile | null {
    const known = profiles.get(userId);
    profiles.delete(userId);
    if (!profile || profile.roles.length === 0) {
      const isKnown = known !== undefined && clock.now() < known.until;
      if (isKnown) profiles.set(userId, known);
      // What it says today goes before what it said of the same.
      if (isKnown && profile) return { ...known.profile, permissions: profile.permissions };
      return isKnown ? known.profile : profile;
    }
    profiles.set(userId, { profile, until: clock.now() + profileMs });
    if (profiles.size > maxTokens) profiles.delete(profiles.keys().next().value!);
    return profile;
  }

  async function verify(token: string): Promise<Viewer> {
    if (token.length > maxTokenChars || token.split('|').length !== 2)
      throw refusal('MALFORMED', 'The token is not one of MS Auth.');
    const accepted = await client.check(token);
    if (!accepted) throw refusal('REVOKED', 'MS Auth does not accept the token.');
    const now = clock.now();
    if (accepted.expiresAt !== null && accepted.expiresAt <= now)
      throw refusal('EXPIRED', 'The token has expired.');
    const profile = remember(accepted);
    if (profile?.isActive === false) throw refusal('REVOKED', 'The user of the token was shut out.');
    return toViewer(accepted, profile, options.fallbackRole, now + options.cacheMs);
  }

  function ask(token: string, key: string): Answer {
    const answer: Answer = { viewer: verify(token), until: Infinity };
    answer.viewer.then(
      ({ recheckAt, expiresAt }) => (answer.until = Math.min(recheckAt ?? Infinity, expiresAt ?? Infinity)),
      (error: unknown) => {
        if (isRefusal(error)) answer.until = clock.now() + refusedMs;
        else if (answers.get(key) === answer) answers.delete(key);
      },
    );
    return answer;
  }

  return (token) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = answers.get(key);
    const answer = known && clock.now() < known.until ? known : ask(token, key);
    answers.delete(key);
    answers.set(key, answer);
    if (answers.size > maxTokens) answers.delete(answers.keys().next().value!);
    return answer.viewer;
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

function refusal(reason: string, message: string): ClientError {
  return new ClientError('UNAUTHENTICATED', message, { reason });
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ClientError && error.extensions['code'] === 'UNAUTHENTICATED';
