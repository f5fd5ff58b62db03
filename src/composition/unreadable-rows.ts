/** Counts the rows that are left out because this version cannot read them, and says so in the log. */
import type { Database } from '../db/database.ts';
import { Burst } from '../lib/burst.ts';
import type { AppContext } from './app-context.ts';

export function watchUnreadableRows(
  { clock, log, metrics, parts }: Pick<AppContext, 'clock' | 'log' | 'metrics' | 'parts'>,
  database: Database,
): void {
  const burst = new Burst(clock);
  const stop = database.onUnreadable(({ table, id, error }) => {
    metrics.unreadable.inc({ table });
    const first = burst.note();
    if (first)
      log.warn(
        { err: error, table, id, ...first },
        'a row is left out: a newer version of this service seems to have written it',
      );
  });
  parts.add('the watch of unreadable rows', stop);
}

/** The same for rows of MS Despacho's lists. */
export function createOnUnreadable({
  clock,
  log,
  metrics,
}: Pick<AppContext, 'clock' | 'log' | 'metrics'>): (error: unknown) => void {
  const burst = new Burst(clock);
  return (error) => {
    metrics.unreadable.inc({ table: 'ms_despacho' });
    const first = burst.note();
    if (first)
      log.error({ err: error, ...first }, 'a dispatch of MS Despacho cannot be read, and is left out');
  };
}
