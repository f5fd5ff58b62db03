/** How dates are stored. */
import type { Moment } from '../lib/clock.ts';

const firstMs = Date.parse('0000-01-01T00:00:00.000Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Milliseconds since the Unix epoch as ISO 8601 in UTC with milliseconds. Outside of the years 0 to 9999, where such texts
 * would not sort by time, the nearest moment within them.
 */
export function storedDate(ms: Moment): string {
  return new Date(Math.min(Math.max(ms, firstMs), lastMs)).toISOString();
}
