/** Tells who is asking, over HTTP and over a WebSocket. */
import { unauthenticated } from '../lib/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { SessionEnds } from './sessions/session-ends.ts';
import { readConnectionToken, readRequestToken, type Token } from './request-token.ts';
import { TokenRevalidator, type TokenWatcher } from './token-revalidator.ts';
import type { TokenVerifier, Viewer } from './viewer.ts';

/** Identifies viewers. Rejects with the error that the client is to get: `UNAUTHENTICATED`, `UPSTREAM_UNAVAILABLE` or `RATE_LIMITED`. */
export interface Authentication extends Pick<SessionEnds, 'hasEnded' | 'refuseEnded' | 'onEnded'> {
  /** The viewer whom the `Authorization` header of a request names: at once where they are remembered, else later. Throws as it rejects. */
  ofRequest(authorization: string | undefined, address: string): Viewer | Promise<Viewer>;
  /** The viewer whom the payload of `connection_init` names, or else the `Authorization` header of the upgrade request. */
  ofConnection(params: unknown, authorization: string | undefined, address: string): Promise<Viewer>;
  /**
   * Tells the watcher, once, when the token of a viewer who was identified here was revoked, or allows something else than before.
   * Not when it expires, which `Viewer.expiresAt` tells beforehand.
   */
  watch(viewer: Viewer, watcher: TokenWatcher): void;
  /** Ends what `watch` has begun. */
  unwatch(viewer: Viewer, watcher: TokenWatcher): void;
}

export interface AuthenticationOptions {
  readonly verify: TokenVerifier;
  /** Awaited whenever a token was verified, and not when a remembered answer is used. Must not reject. */
  readonly onSeen: (viewer: Viewer) => Promise<void>;
  readonly ends: SessionEnds;
  readonly clock: Clock;
}

export function createAuthentication({ verify, onSeen, ends, clock }: AuthenticationOptions): Authentication {
  // The verifier returns the same promise, and the same viewer, for as long as it remembers the token.
  const remembered = new WeakMap<Promise<Viewer>, Viewer>();
  const seen = new WeakMap<Viewer, Promise<void>>();
  const tokens = new WeakMap<Viewer, Token>();
  const revalidator = new TokenRevalidator(clock, async (viewer) =>
    identify(tokens.get(viewer) ?? null, null),
  );

  function identify(token: Token | null, address: string | null): Viewer | Promise<Viewer> {
    if (token === null) throw unauthenticated();
    const verified = verify(token, address);
    const viewer = remembered.get(verified);
    if (!viewer) return remember(verified, token);
    ends.refuseEnded(viewer);
    return viewer;
  }

  async function remember(verified: Promise<Viewer>, token: Token): Promise<Viewer> {
    const viewer = await verified;
    if (viewer.recheckAt !== undefined) tokens.set(viewer, token);
    const noted = seen.get(viewer) ?? onSeen(viewer);
    seen.set(viewer, noted);
    await noted;
    remembered.set(verified, viewer);
    // At the end, since sessions may be ended while a token is verified.
    ends.refuseEnded(viewer);
    return viewer;
  }

  return {
    ofRequest: (authorization, address) => identify(readRequestToken(authorization), address),
    ofConnection: async (params, authorization, address) =>
      identify(readConnectionToken(params, authorization), address),
    watch: (viewer, watcher) => revalidator.watch(viewer, watcher),
    unwatch: (viewer, watcher) => revalidator.unwatch(viewer, watcher),
    hasEnded: (viewer) => ends.hasEnded(viewer),
    refuseEnded: (viewer) => ends.refuseEnded(viewer),
    onEnded: (endOpen) => ends.onEnded(endOpen),
  };
}
