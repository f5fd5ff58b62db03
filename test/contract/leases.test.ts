/** Owns the promises of claims, asked of every implementation. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { ClaimsMemory } from '../../src/stores/leases/memory.ts';
import { ClaimsRedis } from '../../src/stores/leases/redis.ts';
import type { Claim, Claims } from '../../src/stores/leases/leases.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

interface Subject extends AsyncDisposable {
  readonly claims: Claims;
  /** The same claims in another process, where the implementation knows such a thing. */
  readonly twin: Claims;
  /** Resolves when this much time has passed for the claims. */
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
  const claims = new ClaimsMemory({ clock });
  return {
    claims,
    twin: claims,
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await claims.close();
      expect(clock.pending).toBe(0);
    },
  };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, claims: new ClaimsRedis({ redis }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  return {
    claims: one.claims,
    twin: two.claims,
    // Redis measures by itself.
    wait: (ms) => sleep(ms + 5),
    async [Symbol.asyncDispose]() {
      for (const { claims, redis } of [one, two]) {
        await claims.close();
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

const leaseMs = 10_000;
const rememberMs = 60_000;

describe.each(implementations)('claims %s', (_name, tClaims) => {
  test('give a piece of work to one process, and say when it is done', async () => {
    await using subject = await tClaims();
    const { claims, twin } = subject;
    expect(await claims.claim('work', leaseMs)).toBe('claimed');
    expect(await twin.claim('work', leaseMs)).toBe('taken');
    expect(await claims.claim('work', leaseMs)).toBe('taken');
    await claims.settle('work', rememberMs);
    for (const each of [claims, twin]) expect(await each.claim('work', leaseMs)).toBe('settled');
  });

  test('of all who ask at the same time, one gets it', async () => {
    await using subject = await tClaims();
    const { claims, twin } = subject;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? claims : twin).claim('work', leaseMs)),
    );
    const count = (claim: Claim) => answers.filter((answer) => answer === claim).length;
    expect([count('claimed'), count('taken')]).toEqual([1, 99]);
  });

  test('are free again when whoever held one has not settled it within its lease', async () => {
    await using subject = await tClaims();
    const { claims, twin, wait } = subject;
    expect(await claims.claim('work', 100)).toBe('claimed');
    expect(await twin.claim('work', leaseMs)).toBe('taken');
    await wait(100);
    expect(await twin.claim('work', leaseMs)).toBe('claimed');
    // Who was only slow does no harm.
    await claims.settle('work', rememberMs);
    await twin.settle('work', rememberMs);
    expect(await claims.claim('work', leaseMs)).toBe('settled');
  });

  test('a new look does not prolong a lease', async () => {
    await using subject = await tClaims();
    const { claims, twin, wait } = subject;
    await claims.claim('work', 150);
    await wait(75);
    await twin.claim('work', 150);
    await wait(75);
    expect(await twin.claim('work', leaseMs)).toBe('claimed');
  });

  test('what was done is remembered for a time, and then it is work like any other', async () => {
    await using subject = await tClaims();
    const { claims, twin, wait } = subject;
    await claims.claim('work', 50);
    await claims.settle('work', 150);
    await wait(75);
    expect(await twin.claim('work', leaseMs)).toBe('settled');
    await wait(75);
    expect(await twin.claim('work', leaseMs)).toBe('claimed');
  });

  test('keep every piece of work apart, whatever it is called', async () => {
    await using subject = await tClaims();
    const { claims, twin } = subject;
    for (const key of ['a', 'b', 'a b', '{a}', 'ñandú:1', 'x'.repeat(300)]) {
      expect(await claims.claim(key, leaseMs)).toBe('claimed');
      expect(await twin.claim(key, leaseMs)).toBe('taken');
    }
  });
});
