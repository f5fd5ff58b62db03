/** Finds the name that somebody has meant, of whose word it is a slip. */
import { distance } from 'fastest-levenshtein';

/**
 * The candidate that `word` is most likely a slip of: at most two letters wrong, missing or added, one in short words; two
 * swapped letters count as one. Undefined when none is that near, or when `word` is itself a candidate.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.includes(word)) return undefined;
  let best: string | undefined;
  let bestSlips = word.length < 8 ? 2 : 3;
  for (const candidate of candidates) {
    const slips = countSlips(word.toUpperCase(), candidate.toUpperCase());
    if (slips >= bestSlips) continue;
    best = candidate;
    bestSlips = slips;
  }
  return best;
}

/** The Levenshtein distance, which counts a swap as two changes; where only the order is wrong, all changes are swaps. */
function countSlips(a: string, b: string): number {
  const changes = distance(a, b);
  return sorted(a) === sorted(b) ? changes / 2 : changes;
}

const sorted = (word: string) => [...word].sort().join('');
