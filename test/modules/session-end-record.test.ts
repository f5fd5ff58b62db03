/** How long the end of a session is kept, and what is kept of it. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { MutationKeys } from '../../src/db/mutations/mutation-keys.ts';
import { createMutationKey } from '../../src/lib/mutation-key.ts';
import { SessionEndRecord } from '../../src/modules/index.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { clientError } from '../support/repositories.ts';

const databases = tDatabases();
const dayMs = 24 * 60 * 60_000;
const decision = { viewerId: 'eva', actorId: 'root', reason: 'A lost phone.' };

describe.each(databaseKinds)('the end of a session on %s', (kind) => {
  let database: Database;
  let clock: ManualClock;
  let record: SessionEndRecord;
  const restarted = () => new SessionEndRecord({ database, clock, keys: new MutationKeys(database, clock) });
  beforeEach(async () => {
    database = await databases.open(kind);
    clock = new ManualClock();
    record = restarted();
  });

  const daysLeft = ({ until }: { readonly until: number | null }) =>
    until === null ? null : (until - Number(clock.now())) / dayMs;

  test('is kept for 30 days where no token that was shown lives longer, and then deleted', async () => {
    await record.lives.note(clock.now() + 29 * dayMs);
    const end = await record.end(decision, null);
    expect(end).toMatchObject({ viewerId: 'eva', endedAt: clock.now(), changedAt: clock.now() });
    expect(daysLeft(end)).toBe(30);
    await clock.advance(30 * dayMs);
    expect(await record.deleteExpired()).toBe(0);
    expect(await record.changedSince(null)).toEqual([end]);
    await clock.advance(1);
    expect(await record.deleteExpired()).toBe(1);
    expect(await record.changedSince(null)).toEqual([]);
  });

  test('is kept for as long as any token lives that was shown before, to any process', async () => {
    await record.lives.note(clock.now() + 90 * dayMs);
    await restarted().lives.note(clock.now() + 60 * dayMs);
    // A day more: tokens that were issued a little later are no news.
    expect(daysLeft(await restarted().end(decision, null))).toBe(91);
  });

  test('is kept for ever where a token was shown that never ends', async () => {
    await record.lives.note(null);
    await record.lives.note(clock.now() + 90 * dayMs);
    const end = await restarted().end(decision, null);
    expect(daysLeft(end)).toBeNull();
    await clock.advance(10_000 * dayMs);
    expect(await record.deleteExpired()).toBe(0);
    expect(await record.changedSince(null)).toEqual([end]);
  });

  test('is kept for longer when a token of before is shown that lives longer, and never for less', async () => {
    const end = await record.end(decision, null);
    await clock.advance(1_000);
    const expiresAt = clock.now() + 50 * dayMs;
    await record.extend('eva', expiresAt);
    await record.extend('eva', clock.now() + dayMs);
    const [extended] = await record.changedSince(clock.now());
    expect(extended).toEqual({ ...end, until: expiresAt, changedAt: clock.now() });
    await record.extend('eva', null);
    expect(await record.changedSince(null)).toMatchObject([{ until: null }]);
    await record.extend('nobody', null);
    expect(await record.changedSince(null)).toHaveLength(1);
  });

  test('moves on when they are ended again, and never back, whatever the clock does', async () => {
    await record.end(decision, null);
    await clock.advance(5_000);
    const second = await record.end(decision, null);
    expect(second.endedAt).toBe(clock.now());
    clock.step(-60_000);
    const third = await record.end(decision, null);
    expect(third.endedAt).toBe(second.endedAt);
    expect(third.changedAt).toBeGreaterThan(second.changedAt);
    expect(await record.changedSince(null)).toEqual([third]);
  });

  test('that is taken back is said for a day, so that every process reads it', async () => {
    const { changedAt } = await record.end(decision, null);
    const back = await record.readmit(decision, null);
    expect(back).toMatchObject({ endedAt: null });
    expect(back.changedAt).toBeGreaterThan(changedAt);
    expect(await record.changedSince(changedAt + 1)).toEqual([back]);
    await clock.advance(dayMs + 1);
    expect(await record.deleteExpired()).toBe(1);
  });

  test('has one effect with an idempotency key, however often it is sent', async () => {
    const key = createMutationKey({
      ...{ viewerId: 'root', idempotencyKey: 'k', responseName: 'endSession', field: 'endSession' },
      args: { userId: 'eva', reason: decision.reason },
    });
    const first = await record.end(decision, key);
    await clock.advance(60_000);
    expect(await record.end(decision, key)).toEqual(first);
    const rows = await database.query.selectFrom('events').select('type').execute();
    expect(rows).toEqual([{ type: 'session.ended' }]);
  });

  test('is refused where as many are kept as may be; those that are kept can be ended again', async () => {
    const bounded = new SessionEndRecord({
      database,
      clock,
      keys: new MutationKeys(database, clock),
      maxEnds: 2,
    });
    for (const viewerId of ['eva', 'bob', 'eva']) await bounded.end({ ...decision, viewerId }, null);
    await expect(bounded.end({ ...decision, viewerId: 'luz' }, null)).rejects.toMatchObject(
      clientError('LIMIT_EXCEEDED'),
    );
    expect(await bounded.changedSince(null)).toHaveLength(2);
  });

  test('is one, when several admins end it at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => record.end(decision, null)));
    expect(await record.changedSince(null)).toHaveLength(1);
  });
});
