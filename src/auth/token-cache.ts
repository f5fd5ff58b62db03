/** Remembers whom tokens name, so that many connections with one token cost one verification. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../lib/memory/most-entries.ts';
import { type Clock, hasCome } from '../lib/clock.ts';
import type { Token } from './request-token.ts';
import { isRefusal, type TokenVerifier, type Viewer } from './viewer.ts';

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** How long a token that was refused is refused without being verified again, milliseconds. Default 0. */
  readonly refusedMs?: number;
}

/** How long a token whose viewer has no `recheckAt` is not verified again: a key that its issuer has withdrawn is trusted no longer than this. */
const acceptedMs = 5 * 60_000;
/** Of more tokens than this, those that were not used for the longest time are forgotten: good ones and others each. */
const maxTokens = 10_000;

interface Answer {
  readonly viewer: Promise<Viewer>;
  /** How long the answer is used, by `Clock.elapsed`. */
  readonly until: number;
  /** When the token expires, milliseconds since the Unix epoch; null when it does not. */
  readonly expiresAt: number | null;
}

/** What a token is known by where it is not to be kept. */
export const hashToken = (token: Token): string => hash('sha256', token, 'base64');

/**
 * Verifies each token once, however many ask at the same time, until the viewer's `recheckAt` or `expiresAt`. Whoever is
 * refused is refused again for `refusedMs`; any other error is forgotten at once. Of the tokens only hashes are kept, and a
 * flood of bad ones takes no place of a good one.
 */
export function withTokenCache(
  verify: TokenVerifier,
  { clock, refusedMs = 0 }: TokenCacheOptions,
): TokenVerifier {
  const awaited = new Map<string, Promise<Viewer>>();
  const accepted = new LRUCache<string, Answer>(mostEntries(maxTokens));
  const refused = new LRUCache<string, Answer>(mostEntries(maxTokens));

  async function settle(key: string, viewer: Promise<Viewer>): Promise<void> {
    try {
      const { recheckAt: until = clock.elapsed() + acceptedMs, expiresAt } = await viewer;
      accepted.set(key, { viewer, until, expiresAt });
    } catch (error) {
      accepted.delete(key);
      if (isRefusal(error) && refusedMs > 0)
        refused.set(key, { viewer, until: clock.elapsed() + refusedMs, expiresAt: null });
    } finally {
      awaited.delete(key);
    }
  }

  const isUsed = ({ until, expiresAt }: Answer) =>
    clock.elapsed() < until && (expiresAt === null || !hasCome(expiresAt, clock.now()));

  return (token, address) => {
    const key = hashToken(token);
    const known = accepted.get(key) ?? refused.get(key);
    if (known && isUsed(known)) return known.viewer;
    const underWay = awaited.get(key);
    if (underWay) return underWay;
    const viewer = verify(token, address);
    awaited.set(key, viewer);
    void settle(key, viewer);
    return viewer;
  };
}
