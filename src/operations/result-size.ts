/** Estimates how long the JSON of a result is, without writing it. */

/** The comma behind each value. The quotes and the colon of a name are counted with the name. */
const separator = 1;
/** The longest that JSON writes of a number, a boolean or null. */
const plainValue = 8;

/** Bytes of a character at the most, UTF-8: to count them takes longer than to multiply. */
const maxBytesPerCharacter = 3;
const mostBytesOf = (text: string): number => maxBytesPerCharacter * text.length;

/** Whether the JSON of a result has more than `limit` bytes. Looks no further than it has to. */
export const isLarger = (result: unknown, limit: number): boolean =>
  exceeds(result, limit, mostBytesOf) && exceeds(result, limit, Buffer.byteLength);

function exceeds(result: unknown, limit: number, bytesOf: (text: string) => number): boolean {
  let left = limit;
  const waiting: unknown[] = [result];
  while (waiting.length > 0 && left >= 0) {
    const value = waiting.pop();
    left -= separator;
    if (typeof value === 'string') left -= bytesOf(value) + 2;
    else if (typeof value !== 'object' || value === null) left -= plainValue;
    else if (Array.isArray(value)) {
      left -= 2 + value.length;
      if (left < 0) return true;
      for (const item of value) waiting.push(item);
    } else {
      for (const name of Object.keys(value)) {
        left -= name.length + 3;
        waiting.push((value as Record<string, unknown>)[name]);
      }
    }
  }
  return left < 0;
}
