/** The secrets of cursors: all processes on a database agree on them, and replace them without forgetting what was given out. */
import { describe, expect, test } from '@jest/globals';
import { agreeOnCursorSecrets, unsignedCursorsUntil } from '../../src/db/cursor-keys.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';

const databases = tDatabases();

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const begun = Date.UTC(2026, 10, 26);

describe.each(databaseKinds)('on %s', (kind) => {
  test('processes that start together have one secret, and a database has its own', async () => {
    const database = await databases.open(kind);
    const agree = () => agreeOnCursorSecrets(database, { now: begun, cursorAgeMs: dayMs });
    const agreed = await Promise.all(Array.from({ length: 8 }, agree));
    expect(new Set(agreed.flat()).size).toBe(1);
    expect(Buffer.from(agreed[0]![0], 'base64url')).toHaveLength(32);
    expect(await agree()).toEqual(agreed[0]);
    const other = await databases.open(kind);
    expect(await agreeOnCursorSecrets(other, { now: begun, cursorAgeMs: dayMs })).not.toEqual(agreed[0]);
  });

  test('a new one is seen by all before it signs, and the one before verifies for longer than cursors live', async () => {
    const database = await databases.open(kind);
    const agree = (days: number, hours = 0) =>
      agreeOnCursorSecrets(database, { now: begun + days * dayMs + hours * hourMs, cursorAgeMs: dayMs });
    const [first] = await agree(0);
    expect(await agree(29)).toEqual([first]);
    const [signing, next, ...more] = await agree(31);
    expect([signing, more]).toEqual([first, []]);
    expect(next).not.toBe(first);
    expect(await agree(31, 1)).toEqual([next, first]);
    expect(await agree(60)).toEqual([next, first]);
    const [stillNext, third, gone] = await agree(62);
    expect([stillNext, gone]).toEqual([next, undefined]);
    expect(await agree(62, 1)).toEqual([third, next]);
  });

  test('cursors that live for longer than a secret keep theirs', async () => {
    const database = await databases.open(kind);
    const agree = (days: number) =>
      agreeOnCursorSecrets(database, { now: begun + days * dayMs, cursorAgeMs: 90 * dayMs });
    const [first] = await agree(0);
    expect(await agree(89)).toEqual([first]);
    expect(await agree(91)).toContain(first);
  });

  test('a new database knows of no cursors of a release that signed none', async () => {
    const database = await databases.open(kind);
    expect(await unsignedCursorsUntil(database, { cursorAgeMs: dayMs })).toBeNull();
    const value = new Date(begun).toISOString();
    await database.query.insertInto('record_facts').values({ name: 'cursors_signed_since', value }).execute();
    expect(await unsignedCursorsUntil(database, { cursorAgeMs: hourMs })).toBe(begun + dayMs + hourMs);
  });
});
