/** Turns: few at a time, few of one owner, in a round, and given up by whoever cannot wait. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { FairTurns } from '../../src/lib/turns/fair-turns.ts';

/** Work that ends when it is told to, and notes when it begins. */
function tTurns(maxAtOnce: number, maxPerOwner: number) {
  const turns = new FairTurns({ maxAtOnce, maxPerOwner });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (owner: string, name: string, signal = new AbortController().signal) =>
    turns.run(owner, signal, () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const end = async (name: string) => {
    ends.get(name)!();
    await nextTurn();
  };
  return { ask, begun, end };
}

describe('turns', () => {
  test('are of one owner so many at a time, whoever else waits', async () => {
    const { ask, begun, end } = tTurns(10, 2);
    const asked = ['a1', 'a2', 'a3'].map((name) => ask('a', name));
    void ask('b', 'b1');
    await nextTurn();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a2');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    expect(await asked[1]).toBe('a2');
  });

  test('come in a round where all of them are taken', async () => {
    const { ask, begun, end } = tTurns(1, 1);
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) void ask(name[0]!, name);
    await nextTurn();
    for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']) {
      expect(begun.at(-1)).toBe(name);
      await end(name);
    }
  });

  test('go on behind work that fails', async () => {
    const turns = new FairTurns({ maxAtOnce: 1, maxPerOwner: 1 });
    const { signal } = new AbortController();
    const failed = turns.run('a', signal, () => Promise.reject(new Error('no')));
    const next = turns.run('a', signal, () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  test('are not waited for any more by whoever has given up', async () => {
    const { ask, begun, end } = tTurns(1, 1);
    void ask('a', 'a1');
    const leaving = new AbortController();
    const given = ask('a', 'a2', leaving.signal);
    const last = ask('b', 'b1');
    leaving.abort(new Error('gone'));
    await expect(given).rejects.toThrow('gone');
    await expect(ask('a', 'a3', leaving.signal)).rejects.toThrow('gone');
    await end('a1');
    expect(begun).toEqual(['a1', 'b1']);
    await end('b1');
    expect(await last).toBe('b1');
  });
});
