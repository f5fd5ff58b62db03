/** Who verifies tokens: MS Auth is asked about its own, all others are verified here. */
import { createAuthentication, type Authentication } from '../auth/authentication.ts';
import { RefusedTokens } from '../auth/refused-tokens.ts';
import { createServiceTokenVerifier, isServiceToken } from '../auth/service-tokens.ts';
import type { RemoteKeySet } from '../auth/key-set.ts';
import { createTokenVerifier } from '../auth/tokens.ts';
import type { TokenVerifier, Viewer } from '../auth/viewer.ts';
import { scaledLimit } from '../config/rates.ts';
import { logFailure } from '../observability/log-failure.ts';
import type { AppContext } from './app-context.ts';
import type { OpenSessionEnds } from './sessions/session-ends.ts';
import type { Repositories } from './repositories.ts';
import type { Stores } from './stores.ts';

type TokenStores = Pick<Stores, 'rateLimit' | 'tokenVerdicts'>;

export function openAuthentication(
  context: AppContext,
  stores: TokenStores,
  { users, msAuth }: Pick<Repositories, 'users' | 'msAuth'>,
  { keySet, ends, record }: OpenSessionEnds & { readonly keySet: RemoteKeySet | null },
): Authentication {
  const { log, clock } = context;
  const remember = async (viewer: Viewer): Promise<void> => {
    try {
      await Promise.all([users.seen(viewer), record.lives.note(viewer.expiresAt)]);
    } catch (error) {
      // They are the next time.
      logFailure(log, { err: error, viewer: viewer.id }, 'a user could not be remembered');
    }
  };
  const verify = createVerifier(context, stores, msAuth, keySet);
  return createAuthentication({ verify, onSeen: remember, ends, clock });
}

function createVerifier(
  { config, clock, log, metrics }: AppContext,
  { rateLimit, tokenVerdicts: verdicts }: TokenStores,
  client: Repositories['msAuth'],
  keySet: RemoteKeySet | null,
): TokenVerifier {
  const verifyJwt = createTokenVerifier(config, clock, log, keySet);
  const settings = config.upstreams.auth;
  if (!client || !settings) return verifyJwt;
  const refusedTokens = new RefusedTokens({
    ...{ rateLimit, clock },
    perMinute: scaledLimit(config.limits, config.limits.refusedTokensPerMinute),
    onLimited: () => metrics.rateLimited.inc({ limit: 'refused-token' }),
  });
  const verifyOpaque = createServiceTokenVerifier({ client, clock, verdicts, refusedTokens, ...settings });
  return (token, address) =>
    isServiceToken(token) ? verifyOpaque(token, address) : verifyJwt(token, address);
}
