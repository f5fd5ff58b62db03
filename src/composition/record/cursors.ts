/** How this service knows its own cursors again: by secrets that are configured, or kept in the database for all processes. */
import { TicketKeys } from '../../auth/ticket-keys.ts';
import { agreeOnCursorSecrets, lookForSecretsMs, unsignedCursorsUntil } from '../../db/cursor-keys.ts';
import { oldestUnrelayed, type Database } from '../../db/database.ts';
import type { DatesAhead } from '../../db/time/dates-ahead.ts';
import { repeat } from '../../lib/repeat.ts';
import { CursorKeys } from '../../realtime/cursors/cursor-keys.ts';
import type { CursorRules } from '../../realtime/cursors/cursor-rules.ts';
import type { AppContext } from '../app-context.ts';
import { whenReachable } from '../wait-at-start.ts';

export interface CursorDeps {
  readonly keys: CursorKeys;
  readonly datesAhead: DatesAhead;
}

export async function openCursors(
  context: AppContext,
  database: Database,
  { keys, datesAhead }: CursorDeps,
): Promise<CursorRules> {
  const { maxAgeMs } = context.config.stores.eventLog;
  return {
    keys,
    maxAgeMs,
    earliestOf: (date) => datesAhead.earliestOf(date),
    oldestUnrelayed: () => oldestUnrelayed(database),
    unsignedUntil: await whenReachable(context, () =>
      unsignedCursorsUntil(database, { cursorAgeMs: maxAgeMs }),
    ),
  };
}

/** What is made of the secrets that all processes share. Each makes keys of its own. */
export interface SharedKeys {
  readonly cursors: CursorKeys;
  readonly tickets: TicketKeys;
}

const keysOf = (secrets: readonly [string, ...string[]]): SharedKeys => ({
  cursors: new CursorKeys(secrets),
  tickets: new TicketKeys(secrets),
});

export async function openKeys(context: AppContext, database: Database): Promise<SharedKeys> {
  const { config, clock, log, parts } = context;
  const [secret, ...previous] = config.secrets.cursorSecrets.map((configured) => configured.reveal());
  if (secret !== undefined) return keysOf([secret, ...previous]);
  const { maxAgeMs: cursorAgeMs } = config.stores.eventLog;
  const agree = () => agreeOnCursorSecrets(database, { now: clock.now(), cursorAgeMs });
  const keys = keysOf(await whenReachable(context, agree));
  const run = async () => {
    const secrets = await agree();
    for (const made of [keys.cursors, keys.tickets]) made.replace(secrets);
  };
  const onError = (error: unknown) =>
    log.warn(
      { err: error },
      'the secrets of cursors could not be read again; those that are known stay in use',
    );
  parts.add('the secrets of cursors', repeat({ clock, everyMs: lookForSecretsMs, run, onError }));
  return keys;
}
