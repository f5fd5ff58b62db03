/** How this service knows its own cursors again: by secrets that are configured, or kept in the database for all processes. */
import { agreeOnCursorSecrets, lookForSecretsMs, unsignedCursorsUntil } from '../../db/cursor-keys.ts';
import { oldestUnrelayed, type Database } from '../../db/database.ts';
import type { DatesAhead } from '../../db/time/dates-ahead.ts';
import { repeat } from '../../lib/repeat.ts';
import { CursorKeys } from '../../realtime/cursors/cursor-keys.ts';
import type { CursorRules } from '../../realtime/replay.ts';
import type { AppContext } from '../app-context.ts';
import { whenReachable } from '../wait-at-start.ts';

export async function openCursors(
  context: AppContext,
  database: Database,
  datesAhead: DatesAhead,
): Promise<CursorRules> {
  const { maxAgeMs } = context.config.stores.eventLog;
  return {
    keys: await openKeys(context, database, maxAgeMs),
    maxAgeMs,
    earliestOf: (date) => datesAhead.earliestOf(date),
    oldestUnrelayed: () => oldestUnrelayed(database),
    unsignedUntil: await whenReachable(context, () =>
      unsignedCursorsUntil(database, { cursorAgeMs: maxAgeMs }),
    ),
  };
}

async function openKeys(context: AppContext, database: Database, cursorAgeMs: number): Promise<CursorKeys> {
  const { config, clock, log, disposables } = context;
  const [secret, ...previous] = config.secrets.cursorSecrets.map((configured) => configured.reveal());
  if (secret !== undefined) return new CursorKeys([secret, ...previous]);
  const agree = () => agreeOnCursorSecrets(database, { now: clock.now(), cursorAgeMs });
  const keys = new CursorKeys(await whenReachable(context, agree));
  const run = async () => keys.replace(await agree());
  const onError = (error: unknown) =>
    log.warn(
      { err: error },
      'the secrets of cursors could not be read again; those that are known stay in use',
    );
  disposables.defer(repeat({ clock, everyMs: lookForSecretsMs, run, onError }));
  return keys;
}
