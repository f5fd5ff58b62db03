/** What every implementation of leases promises. */
import { describe, expect, test } from '@jest/globals';
import type { LeaseOutcome, Leases } from '../../src/stores/leases/leases.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import { LeasesRedis } from '../../src/stores/leases/redis.ts';
import { tTwinStores } from '../support/twin-stores.ts';

const implementations = tTwinStores<Leases>({
  inMemory: (clock) => new LeasesMemory({ clock }),
  onRedis: (redis) => new LeasesRedis({ redis }),
});

const leaseMs = 600_000;
const rememberMs = 3_600_000;
/** More than a test takes. */
const minuteMs = 60_000;

describe.each(implementations)('leases %s', (_name, tLeases) => {
  test('give a piece of work to one process, and say when it is done', async () => {
    await using subject = await tLeases();
    const { store: leases, twin } = subject;
    expect(await leases.acquire('work', leaseMs)).toBe('acquired');
    expect(await twin.acquire('work', leaseMs)).toBe('taken');
    expect(await leases.acquire('work', leaseMs)).toBe('taken');
    await leases.complete('work', rememberMs);
    for (const each of [leases, twin]) expect(await each.acquire('work', leaseMs)).toBe('done');
  });

  test('of all who ask at the same time, one gets it', async () => {
    await using subject = await tLeases();
    const { store: leases, twin } = subject;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? leases : twin).acquire('work', leaseMs)),
    );
    const count = (outcome: LeaseOutcome) => answers.filter((answer) => answer === outcome).length;
    expect([count('acquired'), count('taken')]).toEqual([1, 99]);
  });

  test('are free again when whoever held one has not completed the work within it', async () => {
    await using subject = await tLeases();
    const { store: leases, twin, wait } = subject;
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
    const { store: leases, twin, wait } = subject;
    await leases.acquire('work', leaseMs);
    await wait(leaseMs - minuteMs);
    await twin.acquire('work', leaseMs);
    await wait(minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('acquired');
  });

  test('what was done is remembered for a time, and then it is work like any other', async () => {
    await using subject = await tLeases();
    const { store: leases, twin, wait } = subject;
    await leases.acquire('work', leaseMs);
    await leases.complete('work', rememberMs);
    await wait(rememberMs - minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('done');
    await wait(minuteMs);
    expect(await twin.acquire('work', leaseMs)).toBe('acquired');
  });

  test('keep every piece of work apart, whatever it is called', async () => {
    await using subject = await tLeases();
    const { store: leases, twin } = subject;
    for (const key of ['a', 'b', 'a b', '{a}', 'ñandú:1', 'x'.repeat(300)]) {
      expect(await leases.acquire(key, leaseMs)).toBe('acquired');
      expect(await twin.acquire(key, leaseMs)).toBe('taken');
    }
  });
});
