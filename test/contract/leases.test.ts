/** What every implementation of leases promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import { LeasesRedis } from '../../src/stores/leases/redis.ts';
import type { LeaseOutcome, Leases } from '../../src/stores/leases/leases.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

interface Subject extends AsyncDisposable {
  readonly leases: Leases;
  /** The same leases in another process, where the implementation knows such a thing. */
  readonly twin: Leases;
  /** Resolves when this much time has passed for the leases. */
  wait(ms: number): Promise<void>;
}

let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

async function tMemory(): Promise<Subject> {
  const clock = new ManualClock();
  const leases = new LeasesMemory({ clock });
  return {
    leases,
    twin: leases,
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await leases.close();
      expect(clock.pending).toBe(0);
    },
  };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, leases: new LeasesRedis({ redis }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  return {
    leases: one.leases,
    twin: two.leases,
    wait: (ms) => server.age(keyPrefix, ms),
    async [Symbol.asyncDispose]() {
      for (const { leases, redis } of [one, two]) {
        await leases.close();
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

const leaseMs = 600_000;
const rememberMs = 3_600_000;
/** More than a test takes. */
const minuteMs = 60_000;

describe.each(implementations)('leases %s', (_name, tLeases) => {
  test('give a piece of work to one process, and say when it is done', async () => {
    await using subject = await tLeases();
    const { leases, twin } = subject;
    expect(await leases.acquire('work', leaseMs)).toBe('acquired');
    expect(await twin.acquire('work', leaseMs)).toBe('taken');
    expect(await leases.acquire('work', leaseMs)).toBe('taken');
    await leases.complete('work', rememberMs);
    for (const each of [leases, twin]) expect(await each.acquire('work', leaseMs)).toBe('done');
  });

  test('of all who ask at the same time, one gets it', async () => {
    await using subject = await tLeases();
    const { leases, twin } = subject;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? leases : twin).acquire('work', leaseMs)),
    );
    const count = (outcome: LeaseOutcome) => answers.filter((answer) => answer === outcome).length;
    expect([count('acquired'), count('taken')]).toEqual([1, 99]);
  });

  test('are free again when whoever held one has not completed the work within it', async () => {
    await using subject = await tLeases();
    const { leases, twin, wait } = subject;
    expect(await leases.acquire('work', leaseMs)).toBe('acquired');
    await wait(leaseMs - minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('taken');
    await wait(minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('acquired');
    // Who was only slow does no harm.
    await leases.complete('work', rememberMs);
    await twin.complete('work', rememberMs);
    expect(await leases.acquire('work', leaseMs)).toBe('done');
  });

  test('a new look does not prolong a lease', async () => {
    await using subject = await tLeases();
    const { leases, twin, wait } = subject;
    await leases.acquire('work', leaseMs);
    await wait(leaseMs - minuteMs);
    await twin.acquire('work', leaseMs);
    await wait(minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('acquired');
  });

  test('what was done is remembered for a time, and then it is work like any other', async () => {
    await using subject = await tLeases();
    const { leases, twin, wait } = subject;
    await leases.acquire('work', leaseMs);
    await leases.complete('work', rememberMs);
    await wait(rememberMs - minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('done');
    await wait(minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('acquired');
  });

  test('keep every piece of work apart, whatever it is called', async () => {
    await using subject = await tLeases();
    const { leases, twin } = subject;
    for (const key of ['a', 'b', 'a b', '{a}', 'ñandú:1', 'x'.repeat(300)]) {
      expect(await leases.acquire(key, leaseMs)).toBe('acquired');
      expect(await twin.acquire(key, leaseMs)).toBe('taken');
    }
  });
});
