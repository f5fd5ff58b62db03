/** Whole numbers in base 36, as cursors and ids of events have their dates. */

const lowDigits = 5;
const low = 36 ** lowDigits;

/**
 * As `toString(36)` of a whole number from 0 on. V8 calculates the digits of one that does not fit into 32 bits, as every date, with
 * fractions: in two parts they take a third of the time.
 */
export function base36(value: number): string {
  if (value < low) return value.toString(36);
  const high = Math.floor(value / low);
  return high.toString(36) + (value - high * low).toString(36).padStart(lowDigits, '0');
}
