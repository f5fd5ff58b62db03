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
  leftBehind(result, limit, mostBytesOf) < 0 && leftBehind(result, limit, Buffer.byteLength) < 0;

/** What a value leaves of so many bytes; less than nothing once there are too few. It goes as deep as results may be. */
function leftBehind(value: unknown, bytes: number, bytesOf: (text: string) => number): number {
  let left = bytes - separator;
  if (typeof value === 'string') return left - bytesOf(value) - 2;
  if (typeof value !== 'object' || value === null) return left - plainValue;
  if (Array.isArray(value)) {
    left -= 2 + value.length;
    for (let at = 0; at < value.length && left >= 0; at += 1) left = leftBehind(value[at], left, bytesOf);
    return left;
  }
  for (const name in value) {
    if (left < 0) break;
    left = leftBehind((value as Record<string, unknown>)[name], left - name.length - 3, bytesOf);
  }
  return left;
}
