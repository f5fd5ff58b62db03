/** What every implementation of sessions promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { SessionsMemory } from '../../src/stores/sessions/memory.ts';
import { SessionsRedis } from '../../src/stores/sessions/redis.ts';
import type { Session, Sessions } from '../../src/stores/sessions/sessions.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

interface Subject extends AsyncDisposable {
  readonly sessions: Sessions;
  /** The same sessions in another process, where the implementation knows such a thing. */
  readonly twin: Sessions;
  /** Resolves when this much time has passed for the sessions. */
  wait(ms: number): Promise<void>;
}

let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

const ttlMs = 86_400_000;

async function tMemory(): Promise<Subject> {
  const clock = new ManualClock();
  const sessions = new SessionsMemory({ clock, ttlMs });
  return {
    sessions,
    twin: sessions,
    wait: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => sessions.close(),
  };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, sessions: new SessionsRedis({ redis, ttlMs }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  return {
    sessions: one.sessions,
    twin: two.sessions,
    wait: (ms) => server.age(keyPrefix, ms),
    async [Symbol.asyncDispose]() {
      for (const { sessions, redis } of [one, two]) {
        await sessions.close();
        await redis.close();
      }
      expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
    },
  };
}

const implementations: [string, () => Promise<Subject>][] = [
  ['in memory', tMemory],
  ['on Redis', tShared],
];

/** More than a test takes. */
const minuteMs = 60_000;
const ana: Session = { viewerId: 'ana', status: 'ONLINE', lastSeen: 1_767_225_600_000 };

describe.each(implementations)('sessions %s', (_name, tSessions) => {
  test('a viewer has one session, which every process finds', async () => {
    await using subject = await tSessions();
    const { sessions, twin } = subject;
    expect(await sessions.get('ana')).toBeNull();
    expect(await sessions.create(ana)).toEqual(ana);
    expect(await twin.get('ana')).toEqual(ana);
    expect(await twin.create({ ...ana, status: 'AWAY', lastSeen: 5 })).toEqual(ana);
    expect(await sessions.get('ana')).toEqual(ana);
  });

  test('changes what is named and tells what was before', async () => {
    await using subject = await tSessions();
    const { sessions, twin } = subject;
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
    const { sessions, twin } = subject;
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
    const { sessions, twin } = subject;
    expect(await sessions.update('ana', { status: 'AWAY' })).toBeNull();
    expect(await twin.get('ana')).toBeNull();
    await sessions.delete('ana');
    await sessions.create(ana);
    await twin.delete('ana');
    expect(await sessions.get('ana')).toBeNull();
  });

  test('finds many at once, leaving out those that are not there', async () => {
    await using subject = await tSessions();
    const { sessions, twin } = subject;
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
    const { sessions, twin, wait } = subject;
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
    const { sessions, twin, wait } = subject;
    await sessions.create(ana);
    await wait(ttlMs - minuteMs);
    await write(twin);
    await wait(ttlMs - minuteMs);
    expect(await sessions.get('ana')).not.toBeNull();
    await wait(minuteMs);
    expect(await sessions.get('ana')).toBeNull();
  });
});
