/** Owns the guess at what somebody meant to write. */

/**
 * The candidate that `word` is most likely a slip of: at most two letters wrong, missing, added or swapped, one in short
 * words. Undefined when none is that near, or when `word` is itself a candidate.
 */
export function findSimilar(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.includes(word)) return undefined;
  const upper = word.toUpperCase();
  let best: string | undefined;
  let bestDistance = word.length < 8 ? 1 : 2;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > bestDistance) continue;
    const distance = editDistance(upper, candidate.toUpperCase());
    if (distance > bestDistance || (best !== undefined && distance === bestDistance)) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(replaced, last[column]! + 1, current[column - 1]! + 1);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) distance = Math.min(distance, beforeLast[column - 2]! + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
