/** What is due together is done together, and what fails keeps nothing else from it. */
import { expect, test } from '@jest/globals';
import { DueWork, type DueWorkOptions } from '../../src/lib/due-work.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { ManualClock } from '../support/clock.ts';

/** Things by their ids that are all due, until they are done. `fail` throws for those that cannot be. */
function tThings(ids: readonly number[], fail: (some: readonly number[]) => void) {
  const clock = new ManualClock();
  const left = new Set(ids);
  const attempts: (readonly number[])[] = [];
  const errors: unknown[] = [];
  const dueOf = (without: readonly number[]) => [...left].filter((id) => !without.includes(id));
  const doSome: DueWorkOptions['doSome'] = ({ only, without }, take) => {
    const some = dueOf(without)
      .filter((id) => only === null || id === only)
      .slice(0, 3);
    take(some);
    if (some.length > 0) attempts.push(some);
    fail(some);
    for (const id of some) left.delete(id);
    return Promise.resolve(some.length);
  };
  const work = new DueWork({
    ...{ clock, lookEveryMs: 1_000, onDue: () => () => {} },
    doSome: (which, take) => Promise.try(() => doSome(which, take)),
    nextDue: (without) => Promise.resolve(dueOf(without).length > 0 ? clock.now() : null),
    onError: (error) => errors.push(error),
  });
  return { clock, left, attempts, errors, work };
}

const failWith = (bad: number, error: Error) => (some: readonly number[]) => {
  if (some.includes(bad)) throw error;
};

test('of some that fail together each is done alone, and the one that cannot be done is passed over', async () => {
  const error = new Error('It is broken.');
  const { work, left, attempts, errors } = tThings([1, 2, 3, 4, 5], failWith(2, error));
  while ((await work.doNext()) > 0);
  expect([...left]).toEqual([2]);
  expect(attempts).toEqual([[1, 2, 3], [1], [2], [3], [4, 5]]);
  expect(errors).toEqual([error]);
});

test('what cannot be done is tried again at the next look, and not before', async () => {
  const { work, clock, left, attempts } = tThings([1, 2], failWith(2, new Error('It is broken.')));
  work.start();
  await clock.advance(0);
  expect([...left]).toEqual([2]);
  const before = attempts.length;
  await clock.advance(900);
  expect(attempts).toHaveLength(before);
  await clock.advance(100);
  expect(attempts.slice(before)).toEqual([[2]]);
  await work.close();
});

test('where nothing can be done at the moment, none is tried alone', async () => {
  const away = new Unavailable('The record', new Error('It is away.'));
  const { work, left, attempts } = tThings([1, 2, 3], failWith(2, away));
  await expect(work.doNext()).rejects.toBe(away);
  expect([...left]).toEqual([1, 2, 3]);
  expect(attempts).toEqual([[1, 2, 3]]);
});
