/** Estimates how long the JSON of a result is, without writing it. */

/** The comma behind each value. The quotes and the colon of a name are counted with the name. */
const separator = 1;
/** The longest that JSON writes of a number, a boolean or null. */
const plainValue = 8;

/** Whether the JSON of a result has more than `limit` bytes. Looks no further than it has to. */
export function isLarger(result: unknown, limit: number): boolean {
  let left = limit;
  const waiting: unknown[] = [result];
  while (waiting.length > 0 && left >= 0) {
    const value = waiting.pop();
    left -= separator;
    if (typeof value === 'string') left -= Buffer.byteLength(value) + 2;
    else if (typeof value !== 'object' || value === null) left -= plainValue;
    else if (Array.isArray(value)) {
      left -= 2 + value.length;
      if (left < 0) return true;
      for (const item of value) waiting.push(item);
    } else {
      for (const [name, item] of Object.entries(value)) {
        left -= name.length + 3;
        waiting.push(item);
      }
    }
  }
  return left < 0;
}
