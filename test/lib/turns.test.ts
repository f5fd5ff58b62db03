/** Work that is spread over turns of the event loop: what runs in which of them, and who waits for whom. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Turns } from '../../src/lib/turns/turns.ts';

/** Turns on a clock that only the work itself moves, and what has run so far. */
function tTurns() {
  let now = 0;
  const done: string[] = [];
  const turns = new Turns(() => now);
  const work = (key: string, name: string, tookMs: number): string | Promise<string> =>
    turns.run(key, () => {
      now += tookMs;
      done.push(name);
      return name;
    });
  /** Work that begins at once and takes its time when a promise resolves. */
  const later = (key: string, name: string, tookMs: number): string | Promise<string> =>
    turns.run(key, async () => {
      await Promise.resolve();
      now += tookMs;
      done.push(name);
      return name;
    });
  /** What ran in each of the turns until everything has. */
  const turnsUntil = async (count: number) => {
    const each: string[][] = [[...done]];
    while (done.length < count) {
      const before = done.length;
      await nextTurn();
      each.push(done.slice(before));
    }
    return each.filter((names) => names.length > 0);
  };
  /** Somebody else takes time of this turn. */
  const pass = (ms: number): void => void (now += ms);
  return { turns, work, later, done, pass, turnsUntil };
}

test('runs work at once while the turn has time left, and returns what it returns', () => {
  const { work, done } = tTurns();
  expect([work('a', '1', 10), work('a', '2', 10), work('b', '3', 10)]).toEqual(['1', '2', '3']);
  expect(done).toEqual(['1', '2', '3']);
});

test('leaves to later turns what does not fit into this one', async () => {
  const { work, turnsUntil } = tTurns();
  const results = ['1', '2', '3', '4', '5'].map((name) => work('a', name, 20));
  expect(await turnsUntil(5)).toEqual([['1', '2'], ['3', '4'], ['5']]);
  for (const [at, result] of results.entries()) expect(await result).toBe(String(at + 1));
});

test('runs nothing else in a turn after what goes on behind a promise', async () => {
  const { work, later, turnsUntil } = tTurns();
  void work('a', '1', 30);
  for (const name of ['2', '3', '4']) void later('a', name, 20);
  expect(await turnsUntil(4)).toEqual([['1'], ['2'], ['3'], ['4']]);
});

test('gives those who come later their time before those who have had some', async () => {
  const { work, turnsUntil } = tTurns();
  for (const name of ['1', '2', '3']) void work('long', name, 30);
  void work('short', 'short', 1);
  expect(await turnsUntil(4)).toEqual([['1'], ['2'], ['short', '3']]);
});

test('goes on where others take all the time of every turn', async () => {
  const { work, done, pass } = tTurns();
  for (const name of ['1', '2', '3']) void work('a', name, 30);
  for (let turn = 0; turn < 10; turn += 1) {
    pass(100);
    await nextTurn();
  }
  expect(done).toEqual(['1', '2', '3']);
});

test('keeps the order of one key, also where a turn has time left', async () => {
  const { work, turnsUntil } = tTurns();
  void work('a', '1', 30);
  void work('a', '2', 1);
  void work('a', '3', 1);
  expect(await turnsUntil(3)).toEqual([['1'], ['2', '3']]);
});

test('passes on what work throws, and what it promises', async () => {
  const { turns, work } = tTurns();
  const fail = () => {
    throw new Error('no');
  };
  expect(() => turns.run('a', fail)).toThrow('no');
  expect(work('a', 'long', 30)).toBe('long');
  await expect(turns.run('a', fail)).rejects.toThrow('no');
  await nextTurn();
  expect(work('a', 'longer', 30)).toBe('longer');
  expect(await turns.run('a', () => Promise.resolve(1))).toBe(1);
});
