/** Calls that wait for turns: each caller waits for themselves, and shares what others wait for too. */
import { expect, test } from '@jest/globals';
import { FairTurns } from '../../src/lib/turns/fair-turns.ts';
import { QueuedCalls } from '../../src/lib/turns/queued-calls.ts';

/** Calls that a test settles, in the order in which they began. */
function tCalls({ maxAtOnce = 2, maxPerOwner = 1 } = {}) {
  const calls = new QueuedCalls<string>(new FairTurns({ maxAtOnce, maxPerOwner }));
  const begun: string[] = [];
  const settlers = new Map<string, PromiseWithResolvers<string>>();
  const join = (key: string, caller: string, signal?: AbortSignal) =>
    calls.join(
      key,
      caller,
      () => {
        begun.push(key);
        const settler = Promise.withResolvers<string>();
        settlers.set(key, settler);
        return settler.promise;
      },
      signal,
    );
  const settle = async (key: string) => {
    settlers.get(key)!.resolve(`done ${key}`);
    await everythingSettled();
  };
  return { join, begun, settle, settlers };
}

const everythingSettled = () => new Promise((resolve) => setImmediate(resolve));

test('one caller waits for themselves, and another one goes ahead', async () => {
  const { join, begun, settle } = tCalls();
  const results = [join('a1', 'ana'), join('a2', 'ana'), join('a3', 'ana'), join('b1', 'bob')];
  await everythingSettled();
  expect(begun).toEqual(['a1', 'b1']);
  await settle('a1');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  for (const key of ['b1', 'a2', 'a3']) await settle(key);
  expect(await Promise.all(results)).toEqual(['done a1', 'done a2', 'done a3', 'done b1']);
});

test('a call that several wait for is made once, and begins with the first turn of any of them', async () => {
  const { join, begun, settle } = tCalls();
  const first = join('a1', 'ana');
  const shared = [join('x', 'ana'), join('x', 'ana')];
  await everythingSettled();
  expect(begun).toEqual(['a1']);
  shared.push(join('x', 'bob'));
  await everythingSettled();
  expect(begun).toEqual(['a1', 'x']);
  await settle('x');
  expect(await Promise.all(shared)).toEqual(Array(3).fill('done x'));
  await settle('a1');
  await first;
  // What has begun takes no further turns: the next one is for something else.
  const next = join('a2', 'ana');
  await everythingSettled();
  expect(begun).toEqual(['a1', 'x', 'a2']);
  await settle('a2');
  expect(await next).toBe('done a2');
});

test('who leaves is told at once, and what nobody waits for any more does not begin', async () => {
  const { join, begun, settle } = tCalls();
  const running = join('a1', 'ana');
  const leaving = new AbortController();
  const left = join('a2', 'ana', leaving.signal);
  const reason = new Error('They left.');
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
  await settle('a1');
  await running;
  expect(begun).toEqual(['a1']);
  const again = join('a2', 'ana');
  await everythingSettled();
  await settle('a2');
  expect(await again).toBe('done a2');
});

test('a call that fails fails for all, and holds up nobody', async () => {
  const { join, begun, settlers, settle } = tCalls({ maxAtOnce: 1 });
  const shared = [join('x', 'ana'), join('x', 'bob')];
  const other = join('b1', 'bob');
  await everythingSettled();
  const failed = Promise.allSettled(shared);
  settlers.get('x')!.reject(new Error('It fails.'));
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await everythingSettled();
  expect(begun).toEqual(['x', 'b1']);
  await settle('b1');
  expect(await other).toBe('done b1');
});

test('who comes when a call has begun shares the next one, which begins when that is done, and takes no turn until then', async () => {
  const { join, begun, settle } = tCalls({ maxAtOnce: 2 });
  const first = join('x', 'ana');
  await everythingSettled();
  const later = [join('x', 'ana'), join('x', 'bob'), join('x', 'carla')];
  const other = join('y', 'bob');
  await everythingSettled();
  expect(begun).toEqual(['x', 'y']);
  await settle('y');
  expect(await other).toBe('done y');
  await settle('x');
  expect(await first).toBe('done x');
  expect(begun).toEqual(['x', 'y', 'x']);
  await settle('x');
  expect(await Promise.all(later)).toEqual(Array(3).fill('done x'));
  expect(begun).toHaveLength(3);
});

test('the next call begins though the one before it fails', async () => {
  const { join, begun, settle, settlers } = tCalls();
  const first = join('x', 'ana');
  await everythingSettled();
  const second = join('x', 'bob');
  settlers.get('x')!.reject(new Error('It fails.'));
  await expect(first).rejects.toThrow('It fails.');
  await everythingSettled();
  expect(begun).toEqual(['x', 'x']);
  await settle('x');
  expect(await second).toBe('done x');
});

test('the next call begins when everybody has left the one before it, though that goes on and on', async () => {
  const { join, begun, settle } = tCalls();
  const leaving = new AbortController();
  const first = join('x', 'ana', leaving.signal);
  await everythingSettled();
  const second = join('x', 'bob');
  leaving.abort(new Error('They left.'));
  await expect(first).rejects.toThrow('They left.');
  await everythingSettled();
  expect(begun).toEqual(['x', 'x']);
  await settle('x');
  expect(await second).toBe('done x');
});
