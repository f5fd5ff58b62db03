/** What of rows that are dated ahead is noticed, kept for other processes, and forgotten. */
import { describe, expect, test } from '@jest/globals';
import { storedDate } from '../../src/db/stored-date.ts';
import { DatesAhead } from '../../src/db/time/dates-ahead.ts';
import type { Database } from '../../src/db/database.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';

const databases = tDatabases();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const message = (database: Database, at: number) =>
  database.query
    .insertInto('messages')
    .values({ channel: 'general', message: 'hello', sender_id: 'ana', at: storedDate(at) })
    .execute();

describe.each(databaseKinds)('on %s', (kind) => {
  test('dates that are right are taken as they are', async () => {
    const database = await databases.open(kind);
    const clock = new ManualClock();
    const dates = new DatesAhead(database, clock);
    await dates.look();
    await message(database, clock.now());
    await dates.look();
    expect(await dates.earliestOf(clock.now())).toBe(clock.now());
    expect(await dates.earliestOf(clock.now() - hourMs)).toBe(clock.now() - hourMs);
  });

  test('of a clock that was ahead, dates go back by as much, for every process and also when they have passed', async () => {
    const database = await databases.open(kind);
    const clock = new ManualClock();
    const [one, other] = [new DatesAhead(database, clock), new DatesAhead(database, clock)];
    const written = clock.now();
    const date = written + minuteMs;
    await message(database, date);
    // Nobody has looked yet: who comes with it makes them look.
    expect(await one.earliestOf(date)).toBeLessThanOrEqual(written);
    await clock.advance(10 * minuteMs);
    await other.look();
    expect(await other.earliestOf(date)).toBeLessThanOrEqual(written);
    expect(await other.earliestOf(clock.now())).toBe(clock.now());
    await clock.advance(2 * dayMs);
    await other.look();
    expect(await other.earliestOf(date)).toBe(date);
  });

  test('of several, the largest difference counts', async () => {
    const database = await databases.open(kind);
    const clock = new ManualClock();
    const [one, other] = [new DatesAhead(database, clock), new DatesAhead(database, clock)];
    const written = clock.now();
    await message(database, written + 2 * hourMs);
    await one.look();
    await clock.advance(hourMs);
    await message(database, clock.now() + 90 * minuteMs);
    await other.look();
    await one.look();
    expect(await one.earliestOf(written + 2 * hourMs)).toBeLessThanOrEqual(written);
    expect(await other.earliestOf(written + 2 * hourMs)).toBeLessThanOrEqual(written);
  });

  test('one odd row of another century spoils no other date, and nobody is told that they have missed nothing since', async () => {
    const database = await databases.open(kind);
    const clock = new ManualClock();
    const dates = new DatesAhead(database, clock);
    const odd = Date.UTC(2099, 0, 1);
    await message(database, odd);
    await message(database, clock.now() + minuteMs);
    await dates.look();
    expect(await dates.earliestOf(clock.now() + minuteMs)).toBeLessThanOrEqual(clock.now());
    expect(await dates.earliestOf(odd)).toBeNull();
  });
});
