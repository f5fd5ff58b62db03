/** Who verifies tokens: MS Auth is asked about its own, all others are verified here. */
import { createAuthentication, type Authentication } from '../auth/authentication.ts';
import { createServiceTokenVerifier, isServiceToken } from '../auth/service-tokens.ts';
import { createTokenVerifier } from '../auth/tokens.ts';
import type { TokenVerifier } from '../auth/viewer.ts';
import type { UserRepository } from '../modules/user/user-repository.ts';
import type { MsAuth } from '../upstreams/ms-auth.ts';
import type { AppContext } from './app-context.ts';

export function openAuthentication(
  context: AppContext,
  users: UserRepository,
  msAuth: MsAuth | null,
): Authentication {
  const { log, clock } = context;
  return createAuthentication(
    createVerifier(context, msAuth),
    (viewer) =>
      users.seen(viewer).catch((error: unknown) => {
        log.error({ err: error, viewer: viewer.id }, 'a user could not be remembered');
      }),
    clock,
  );
}

function createVerifier({ config, clock, log }: AppContext, client: MsAuth | null): TokenVerifier {
  const verifyJwt = createTokenVerifier(config, clock, log);
  const settings = config.upstreams.auth;
  if (!client || !settings) return verifyJwt;
  const verifyOpaque = createServiceTokenVerifier({ client, clock, ...settings });
  return (token) => (isServiceToken(token) ? verifyOpaque(token) : verifyJwt(token));
}
