/** Owns the memory of tokens that were found good, so that many connections with one token cost one verification. */
import { hash } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { TokenVerifier, Viewer } from './viewer.ts';

/** Longest time that an answer is used again: what an issuer takes back is believed no longer than this. */
const maxAgeMs = 5 * 60_000;
const maxTokens = 10_000;

interface Answer {
  readonly viewer: Promise<Viewer>;
  /** Milliseconds since the Unix epoch. */
  until: number;
}

/**
 * Asks `verify` once per token, also when it comes many times at once, until the token ends. Refusals are not remembered,
 * and neither are the tokens themselves, only their hashes.
 */
export function withTokenCache(verify: TokenVerifier, clock: Clock): TokenVerifier {
  /** In order of last use. */
  const answers = new Map<string, Answer>();

  function ask(token: string, key: string): Answer {
    const answer: Answer = { viewer: verify(token), until: clock.now() + maxAgeMs };
    answer.viewer.then(
      ({ expiresAt }) => (answer.until = Math.min(answer.until, expiresAt ?? Infinity)),
      () => answers.get(key) === answer && answers.delete(key),
    );
    return answer;
  }

  return (token) => {
    const key = hash('sha256', token, 'base64');
    const known = answers.get(key);
    const answer = known && clock.now() < known.until ? known : ask(token, key);
    answers.delete(key);
    answers.set(key, answer);
    if (answers.size > maxTokens) answers.delete(answers.keys().next().value!);
    return answer.viewer;
  };
}
