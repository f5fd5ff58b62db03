/** Provides the token of the replay: the given one, or one made with the secret of this environment. */
import { issueToken } from '../../../auth/issue-token.ts';
import { ConfigError, parseConfig, readEnv } from '../../../config/config.ts';
import type { Clock } from '../../../lib/clock.ts';
import { ReplayError } from './outage.ts';

const TTL_MS = 60 * 60_000;

/** The token to send. Called before each request. */
export type TokenSource = () => Promise<string>;

/**
 * Without a given token, makes tokens of role `system` with the secret of this environment, and renews them before they
 * expire.
 *
 * @throws ReplayError that says what to do, when the environment has no secret
 */
export function createTokenSource(given: string | undefined, clock: Clock): TokenSource {
  if (given !== undefined) return async () => given;
  const config = readConfig();
  if (!config.secrets.jwtSecret) {
    throw new ReplayError(`JWKS_URL is set, so no token can be made here. ${howToPass}`);
  }
  let current: { readonly token: Promise<string>; readonly renewAt: number } | null = null;
  return () => {
    if (!current || clock.elapsed() >= current.renewAt) {
      const token = issueToken(
        config,
        { sub: 'replay', role: 'system', name: 'Replay' },
        { ttlMs: TTL_MS, clock },
      );
      current = { token, renewAt: clock.elapsed() + TTL_MS / 2 };
    }
    return current.token;
  };
}

const howToPass = 'Pass a token of role "system" with --token TOKEN.';

function readConfig() {
  try {
    return parseConfig(readEnv());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ReplayError(`No token can be made here. ${error.message}\n${howToPass}`, { cause: error });
  }
}
