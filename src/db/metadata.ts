/** Facts about the database as a whole: whose dispatches it holds, and where copies of dispatches begin. */
import { SettingError } from '../lib/setting-error.ts';
import type { Database } from './database.ts';

/** Which dispatches a database holds: our own, or copies of those of MS Despacho. */
export type DispatchOwner = 'own' | 'ms-despacho';

/** Stores the value unless another process has stored one before. Resolves with the value that is stored. */
export async function agreeOnMetadata(database: Database, name: string, value: string): Promise<string> {
  await database.query
    .insertInto('record_facts')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await readMetadata(database, name)) ?? value;
}

export async function readMetadata(database: Pick<Database, 'query'>, name: string): Promise<string | null> {
  const row = await database.query
    .selectFrom('record_facts')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value ?? null;
}

/** Rejects when the database accepts no writes. */
export async function proveWritable(database: Database, now: string): Promise<void> {
  await database.query
    .insertInto('record_facts')
    .values({ name: 'lastProbe', value: now })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: now }))
    .execute();
}

/**
 * Rejects with a SettingError when the database holds dispatches of the other owner, whose ids would be confused with this one's.
 */
export async function ensureOwner(database: Database, owner: DispatchOwner): Promise<void> {
  const first = await database.query.selectFrom('dispatches').select('id').limit(1).executeTakeFirst();
  const known = await readMetadata(database, 'owner');
  // Older versions, which stored no owner, had none but our own dispatches.
  const stored = known ?? (await agreeOnMetadata(database, 'owner', first ? 'own' : owner));
  if (stored === owner) return;
  if (!first) {
    await database.query
      .updateTable('record_facts')
      .set({ value: owner })
      .where('name', '=', 'owner')
      .execute();
    return;
  }
  throw new SettingError(
    'MS_DESPACHO_URL',
    owner === 'own'
      ? 'is not set, and the database holds copies of the dispatches of MS Despacho. Set it, or give this service a database of its own ' +
          '(DATABASE_URL, DATA_DIR).'
      : 'is set, and the database holds dispatches of its own. Give the service a new database beside it (DATABASE_URL, DATA_DIR), or ' +
          'unset it.',
  );
}
