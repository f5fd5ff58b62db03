/** What every implementation of sessions promises. */
import { describe, expect, test } from '@jest/globals';
import { SessionsMemory } from '../../src/stores/sessions/memory.ts';
import { SessionsRedis } from '../../src/stores/sessions/redis.ts';
import type { Session, Sessions } from '../../src/stores/sessions/sessions.ts';
import { tTwinStores } from '../support/twin-stores.ts';

const ttlMs = 86_400_000;
const implementations = tTwinStores<Sessions>({
  inMemory: (clock) => new SessionsMemory({ clock, ttlMs }),
  onRedis: (redis) => new SessionsRedis({ redis, ttlMs }),
});

/** More than a test takes. */
const minuteMs = 60_000;
const ana: Session = { viewerId: 'ana', status: 'ONLINE', lastSeen: 1_767_225_600_000 };

describe.each(implementations)('sessions %s', (_name, tSessions) => {
  test('a viewer has one session, which every process finds', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin } = subject;
    expect(await sessions.get('ana')).toBeNull();
    expect(await sessions.create(ana)).toEqual(ana);
    expect(await twin.get('ana')).toEqual(ana);
    expect(await twin.create({ ...ana, status: 'AWAY', lastSeen: 5 })).toEqual(ana);
    expect(await sessions.get('ana')).toEqual(ana);
  });

  test('changes what is named and tells what was before', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin } = subject;
    await sessions.create(ana);
    const away = { ...ana, status: 'AWAY' };
    expect(await twin.update('ana', { status: 'AWAY' })).toEqual({ before: ana, after: away });
    const later = { ...away, lastSeen: ana.lastSeen + 1 };
    expect(await sessions.update('ana', { lastSeen: later.lastSeen })).toEqual({
      before: away,
      after: later,
    });
    expect(await sessions.update('ana', {})).toEqual({ before: later, after: later });
    expect(await twin.get('ana')).toEqual(later);
  });

  test('of changes at the same time each sees another one before it', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin } = subject;
    await sessions.create({ ...ana, lastSeen: 0 });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? sessions : twin).update('ana', { lastSeen: index + 1 }),
      ),
    );
    const before = results.map((result) => result?.before.lastSeen);
    expect(new Set(before).size).toBe(20);
    expect(before).toContain(0);
  });

  test('a session that is not there cannot be changed, and deleting it is no matter', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin } = subject;
    expect(await sessions.update('ana', { status: 'AWAY' })).toBeNull();
    expect(await twin.get('ana')).toBeNull();
    await sessions.delete('ana');
    await sessions.create(ana);
    await twin.delete('ana');
    expect(await sessions.get('ana')).toBeNull();
  });

  test('finds many at once, leaving out those that are not there', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin } = subject;
    const berta = { ...ana, viewerId: 'berta:{1} ñ', status: 'BUSY' };
    await sessions.create(ana);
    await sessions.create(berta);
    const found = await twin.getMany(['nobody', berta.viewerId, 'ana']);
    expect([...found].sort()).toEqual([
      ['ana', ana],
      [berta.viewerId, berta],
    ]);
    expect(await twin.getMany([])).toEqual(new Map());
  });

  test('ends when it was not written for its time to live, reading does not prolong it', async () => {
    await using subject = await tSessions();
    const { store: sessions, twin, wait } = subject;
    await sessions.create(ana);
    await wait(ttlMs - minuteMs);
    expect(await twin.get('ana')).toEqual(ana);
    expect(await twin.getMany(['ana'])).toEqual(new Map([['ana', ana]]));
    await wait(minuteMs);
    expect(await twin.get('ana')).toBeNull();
    expect(await sessions.update('ana', { status: 'AWAY' })).toBeNull();
    expect(await sessions.getMany(['ana'])).toEqual(new Map());
    expect(await sessions.create({ ...ana, status: 'BUSY' })).toEqual({ ...ana, status: 'BUSY' });
  });

  test.each([
    ['creating it again', (sessions: Sessions) => sessions.create(ana)],
    ['changing it', (sessions: Sessions) => sessions.update('ana', { lastSeen: 1 })],
    ['changing nothing', (sessions: Sessions) => sessions.update('ana', {})],
  ])('lives its whole time anew after %s', async (_how, write) => {
    await using subject = await tSessions();
    const { store: sessions, twin, wait } = subject;
    await sessions.create(ana);
    await wait(ttlMs - minuteMs);
    await write(twin);
    await wait(ttlMs - minuteMs);
    expect(await sessions.get('ana')).not.toBeNull();
    await wait(minuteMs);
    expect(await sessions.get('ana')).toBeNull();
  });
});
