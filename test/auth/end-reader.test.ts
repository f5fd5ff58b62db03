/** What a process reads of the ends of sessions, when nobody tells it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SessionEnds } from '../../src/auth/sessions/session-ends.ts';
import { EndReader } from '../../src/composition/sessions/end-reader.ts';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { SessionEndRecord } from '../../src/modules/index.ts';
import { ManualClock } from '../support/clock.ts';
import { viewer } from '../support/subgraph.ts';

const minuteMs = 60_000;
const decision = { viewerId: 'eva', actorId: 'root', reason: 'A lost phone.' };
let database: Database;
beforeEach(async () => {
  database = await openSqlite({ folder: ':memory:' });
});
afterEach(() => database.close());

async function tReader() {
  const clock = new ManualClock();
  const record = new SessionEndRecord({ database, clock, keys: new MutationKeys(database, clock) });
  const ends = new SessionEnds({ clock, onOutlived: () => undefined });
  const reader = new EndReader(record, ends, clock);
  await reader.readAll();
  const isOut = () => ends.hasEnded(viewer('hospital', { id: 'eva' }));
  return { clock, record, ends, reader, isOut };
}

test('one that was made since is found with the next look, and that it was taken back as well', async () => {
  const { record, reader, isOut } = await tReader();
  await record.end(decision, null);
  expect(isOut()).toBe(false);
  await reader.look();
  expect(isOut()).toBe(true);
  await record.readmit(decision, null);
  await reader.look();
  expect(isOut()).toBe(false);
});

test('one that was committed minutes after it was dated is found with the next look', async () => {
  const { clock, record, reader, isOut } = await tReader();
  clock.step(-4 * minuteMs);
  await record.end(decision, null);
  clock.step(4 * minuteMs);
  await reader.look();
  expect(isOut()).toBe(true);
});

test('however it is dated, it is found within a minute', async () => {
  const { clock, record, reader, isOut } = await tReader();
  clock.step(-24 * 60 * minuteMs);
  await record.end(decision, null);
  clock.step(24 * 60 * minuteMs);
  await reader.look();
  expect(isOut()).toBe(false);
  await clock.advance(minuteMs);
  await reader.look();
  expect(isOut()).toBe(true);
});

test('a process that stood still for long reads what was made meanwhile', async () => {
  const { clock, record, reader, isOut } = await tReader();
  await clock.advance(10_000);
  await record.end(decision, null);
  await clock.advance(40_000);
  await reader.look();
  expect(isOut()).toBe(true);
});

test('what the record has deleted is forgotten, and what was only heard of is not, until it must be there', async () => {
  const { clock, record, ends, reader, isOut } = await tReader();
  const now: number = clock.now();
  ends.note([{ viewerId: 'eva', endedAt: now, until: null, changedAt: now }]);
  await clock.advance(2 * minuteMs);
  await reader.look();
  expect(isOut()).toBe(true);
  await clock.advance(10 * minuteMs);
  await reader.look();
  expect(isOut()).toBe(false);
  expect(await record.changedSince(null)).toEqual([]);
});
