/** The secrets that cursors are signed with where none is configured: made here, and shared by all processes on the database. */
import { randomBytes } from 'node:crypto';
import { dayMs, minuteMs } from '../lib/clock.ts';
import type { Database } from './database.ts';
import { readMetadata } from './metadata.ts';
import { storedDate } from './stored-date.ts';

/** How often processes look for a new secret. */
export const lookForSecretsMs = minuteMs;
/** By then every process has seen a new secret, and signs with it. */
const untilSignedMs = 10 * minuteMs;
/** After so long a secret is replaced. */
const replaceMs = 30 * dayMs;
/** The time that a rolling update from a release that signed no cursors may take. */
const rolloutMs = dayMs;

export interface CursorSecretOptions {
  readonly now: number;
  /** How long a cursor may be continued: its secret is kept for longer. */
  readonly cursorAgeMs: number;
}

/**
 * The secrets that verify cursors, first the one that signs. Makes the first one, and a new one when the newest is 30 days
 * old; the one before is kept for at least as long as cursors may be continued. Processes that do so together agree.
 */
export async function agreeOnCursorSecrets(
  database: Database,
  { now, cursorAgeMs }: CursorSecretOptions,
): Promise<[string, ...string[]]> {
  const known = await readSecrets(database);
  const newest = known[0];
  const isDue = !newest || newest.at < storedDate(now - Math.max(replaceMs, cursorAgeMs));
  const secrets = isDue ? await addSecret(database, (newest?.number ?? 0) + 1, storedDate(now)) : known;
  const signing = secrets.find(({ at }) => at <= storedDate(now - untilSignedMs)) ?? secrets.at(-1)!;
  const others = secrets.filter((secret) => secret !== signing);
  return [signing.secret, ...others.map(({ secret }) => secret)];
}

async function addSecret(database: Database, number: number, at: string) {
  const secret = randomBytes(32).toString('base64url');
  await database.query
    .insertInto('cursor_keys')
    .values({ number, secret, at })
    .onConflict((conflict) => conflict.column('number').doNothing())
    .execute();
  await database.query
    .deleteFrom('cursor_keys')
    .where('number', '<', number - 1)
    .execute();
  return readSecrets(database);
}

/** The newest first. */
function readSecrets(database: Database) {
  return database.query.selectFrom('cursor_keys').selectAll().orderBy('number', 'desc').execute();
}

/** Until when clients may hold cursors that were given out unsigned and that a log can continue; null where there are none. */
export async function unsignedCursorsUntil(
  database: Database,
  { cursorAgeMs }: Pick<CursorSecretOptions, 'cursorAgeMs'>,
): Promise<number | null> {
  const since = await readMetadata(database, 'cursors_signed_since');
  return since === null ? null : Date.parse(since) + rolloutMs + cursorAgeMs;
}
