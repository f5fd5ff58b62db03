/** Owns the answer to who is asking, over HTTP and over a WebSocket. */
import { unauthenticated } from '../graphql/errors.ts';
import { readConnectionToken, readRequestToken } from './request-token.ts';
import type { TokenVerifier, Viewer } from './viewer.ts';

/** Both reject with the error that the client is to get: `UNAUTHENTICATED`, `UPSTREAM_UNAVAILABLE`. */
export interface Authentication {
  /** Whom the `Authorization` header of a request names. */
  ofRequest(authorization: string | undefined): Promise<Viewer>;
  /** Whom the payload of `connection_init` names, or else the `Authorization` header of the upgrade request. */
  ofConnection(params: unknown, authorization: string | undefined): Promise<Viewer>;
}

/** `onSeen` is waited for when a token is first used, and again when it was verified anew. It must not reject. */
export function createAuthentication(
  verify: TokenVerifier,
  onSeen: (viewer: Viewer) => Promise<void>,
): Authentication {
  // The verifier answers with the same viewer for as long as it remembers the token.
  const seen = new WeakMap<Viewer, Promise<void>>();

  async function identify(token: string | null): Promise<Viewer> {
    if (token === null) throw unauthenticated();
    const viewer = await verify(token);
    const noted = seen.get(viewer) ?? onSeen(viewer);
    seen.set(viewer, noted);
    await noted;
    return viewer;
  }

  return {
    ofRequest: async (authorization) => identify(readRequestToken({ authorization })),
    ofConnection: async (params, authorization) => identify(readConnectionToken(params, { authorization })),
  };
}
