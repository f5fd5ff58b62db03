/** What an event of the record is called in the event log. */
import { base36 } from '../../lib/text/base36.ts';
import type { EventRow } from '../tables.ts';

/**
 * It contains the row's id and time. The row's id alone would not do: a database that was set up anew, or restored from a backup, counts
 * from a lower number again, and the event log would take its events for old ones.
 */
export const eventIdOf = ({ id, at }: Pick<EventRow, 'id' | 'at'>): string =>
  `${id}-${base36(Date.parse(at))}`;
