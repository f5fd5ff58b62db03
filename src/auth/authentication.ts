/** Tells who is asking, over HTTP and over a WebSocket. */
import { unauthenticated } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { readConnectionToken, readRequestToken, type Token } from './request-token.ts';
import { TokenRevalidator } from './token-revalidator.ts';
import type { TokenVerifier, Viewer } from './viewer.ts';

/** Identifies viewers. Rejects with the error that the client is to get: `UNAUTHENTICATED` or `UPSTREAM_UNAVAILABLE`. */
export interface Authentication {
  /** The viewer whom the `Authorization` header of a request names. */
  ofRequest(authorization: string | undefined): Promise<Viewer>;
  /** The viewer whom the payload of `connection_init` names, or else the `Authorization` header of the upgrade request. */
  ofConnection(params: unknown, authorization: string | undefined): Promise<Viewer>;
  /**
   * Calls back, once, when the token of a viewer who was identified here was revoked, or allows something else than before.
   * Not when it expires, which `Viewer.expiresAt` tells beforehand. The returned function ends the watch.
   */
  watch(viewer: Viewer, onEnd: () => void): () => void;
}

/** `onSeen` is awaited whenever a token was verified, and not when a remembered answer is used. It must not reject. */
export function createAuthentication(
  verify: TokenVerifier,
  onSeen: (viewer: Viewer) => Promise<void>,
  clock: Clock,
): Authentication {
  // The verifier returns the same viewer for as long as it remembers the token.
  const seen = new WeakMap<Viewer, Promise<void>>();
  const tokens = new WeakMap<Viewer, Token>();
  const revalidator = new TokenRevalidator(clock, (viewer) => identify(tokens.get(viewer) ?? null));

  async function identify(token: Token | null): Promise<Viewer> {
    if (token === null) throw unauthenticated();
    const viewer = await verify(token);
    if (viewer.recheckAt !== undefined) tokens.set(viewer, token);
    const noted = seen.get(viewer) ?? onSeen(viewer);
    seen.set(viewer, noted);
    await noted;
    return viewer;
  }

  return {
    ofRequest: async (authorization) => identify(readRequestToken(authorization)),
    ofConnection: async (params, authorization) => identify(readConnectionToken(params, authorization)),
    watch: (viewer, onEnd) => revalidator.watch(viewer, onEnd),
  };
}
