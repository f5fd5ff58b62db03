/** Remembers whom tokens name, so that many connections with one token cost one verification. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { Token } from './request-token.ts';
import { isRefusal, type TokenVerifier, type Viewer } from './viewer.ts';

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** How long a token that was refused is refused without being verified again, milliseconds. Default 0. */
  readonly refusedMs?: number;
}

/** How long a token whose viewer has no `recheckAt` is not verified again: a key that its issuer has withdrawn is trusted no longer than this. */
const acceptedMs = 5 * 60_000;
/** Of more tokens than this, those that were not used for the longest time are forgotten. */
const maxTokens = 10_000;

interface Answer {
  readonly viewer: Promise<Viewer>;
  /** How long the answer is used, milliseconds since the Unix epoch; infinite while it is awaited. */
  until: number;
}

/**
 * Verifies each token once, however many ask at the same time, until the viewer's `recheckAt` or `expiresAt`. Whoever is
 * refused is refused again for `refusedMs`; any other error is forgotten at once. Of the tokens only hashes are kept.
 */
export function withTokenCache(
  verify: TokenVerifier,
  { clock, refusedMs = 0 }: TokenCacheOptions,
): TokenVerifier {
  const answers = new LRUCache<string, Answer>({ max: maxTokens });

  function ask(token: Token, key: string): Answer {
    const answer: Answer = { viewer: verify(token), until: Infinity };
    answers.set(key, answer);
    answer.viewer.then(
      ({ recheckAt = clock.now() + acceptedMs, expiresAt }) => {
        answer.until = Math.min(recheckAt, expiresAt ?? Infinity);
      },
      (error: unknown) => {
        if (isRefusal(error) && refusedMs > 0) answer.until = clock.now() + refusedMs;
        else if (answers.peek(key) === answer) answers.delete(key);
      },
    );
    return answer;
  }

  return (token) => {
    const key = hash('sha256', token, 'base64');
    const known = answers.get(key);
    return (known && clock.now() < known.until ? known : ask(token, key)).viewer;
  };
}
