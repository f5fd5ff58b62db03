/** The turns of relays, where a process stands still between any two steps of its own. */
import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { OutboxRow } from '../../src/db/database.ts';
import { relayInTurn, RelayTurns } from '../../src/db/relay-turn.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { tDatabases } from '../support/databases.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

async function tTurns() {
  const database = await databases.openPostgres(await databases.emptyPostgres());
  const turns = new RelayTurns(database.query);
  const { dispatches } = tRepositories(database);
  const create = () => dispatches.create(request, 'ana');
  /** As when nobody has kept it for as long as that takes. */
  const expire = () => sql`update relay_turn set until = clock_timestamp()`.execute(database.query);
  const marks = { at: '2026-01-01T00:00:00.000Z', positions: new Map<number, string>() };
  return { database, turns, create, expire, marks };
}

test('who stood still before reading finds nothing to relay once another turn has begun', async () => {
  const { turns, create, expire, marks } = await tTurns();
  await create();
  const appending = (await turns.take())!;
  const first = await turns.readUnrelayed(appending, 10);
  expect(first).toHaveLength(1);
  await expire();
  const still = (await turns.take())!;
  await expire();
  // It has read what the first one has appended by now, and not marked yet.
  const next = (await turns.take())!;
  expect(await turns.readUnrelayed(next, 10)).toEqual(first);
  await turns.finish(appending, first, marks);
  await create();
  // Else it would append what comes behind, before the same is appended once more.
  expect(await turns.readUnrelayed(still, 10)).toEqual([]);
  await turns.finish(next, first, marks);
  const last = (await turns.take())!;
  expect(await turns.readUnrelayed(last, 10)).toHaveLength(1);
});

test('a turn in which nothing is left to be relayed is given up, and others take theirs at once', async () => {
  const { turns, create, marks } = await tTurns();
  await create();
  const handed: (readonly OutboxRow[])[] = [];
  const inTurn = turns.take.bind(turns);
  const relay = (take: RelayTurns['take']) =>
    relayInTurn({
      turns: Object.assign(turns, { take }),
      limit: 10,
      handOver: (rows) => {
        handed.push(rows);
        return Promise.resolve(marks);
      },
      clock: systemClock,
    });
  // Somebody whose turn was over marks what they have appended, just before it is read.
  const afterOthers = async () => {
    const turn = (await inTurn())!;
    await turns.finish(0, await turns.readUnrelayed(turn, 10), marks);
    return turn;
  };
  expect(await relay(afterOthers)).toBeNull();
  expect(handed).toEqual([]);
  await create();
  expect(await relay(inTurn)).toBe(1);
  expect(handed).toHaveLength(1);
});
