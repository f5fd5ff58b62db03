/** Owns how the record writes dates. */

const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A moment in milliseconds since the Unix epoch as ISO 8601 in UTC with milliseconds. Beyond the years 0 to 9999, where
 * such texts would no longer sort by time, it is the first or last moment of them.
 */
export function storedDate(ms: number): string {
  return new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();
}
