/** Equal reads that wait are one, and no answer is older than its question. */
import { expect, test } from '@jest/globals';
import { CallerLeft } from '../../src/lib/failures/caller-left.ts';
import { SharedReads } from '../../src/lib/turns/shared-reads.ts';

/** Reads that a test answers one by one, in the order in which they began. */
function tReads() {
  const begun: {
    readonly ids: readonly string[];
    readonly signal: AbortSignal;
    answer(value: string): void;
  }[] = [];
  const reads = new SharedReads<string>((ids, signal) => {
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, string>>();
    begun.push({ ids, signal: signal!, answer: (value) => resolve(new Map(ids.map((id) => [id, value]))) });
    return promise;
  });
  const valueOf = async (read: Promise<ReadonlyMap<string, string>>) => [...(await read).values()];
  return { reads, begun, valueOf };
}

test('of many equal reads two begin at once, and one for all the others', async () => {
  const { reads, begun, valueOf } = tReads();
  const all = Array.from({ length: 20 }, () => reads.read(['1', '2']));
  expect(begun).toHaveLength(2);
  begun[1]!.answer('second');
  expect(await valueOf(all[1]!)).toEqual(['second', 'second']);
  expect(begun).toHaveLength(3);
  // It has begun: whoever asks now is not given its answer.
  const late = reads.read(['1', '2']);
  begun[0]!.answer('first');
  begun[2]!.answer('third');
  expect(await valueOf(all[19]!)).toEqual(['third', 'third']);
  begun[3]!.answer('fourth');
  expect(await valueOf(late)).toEqual(['fourth', 'fourth']);
  expect(begun).toHaveLength(4);
});

test('others are not held up', () => {
  const { reads, begun } = tReads();
  for (const id of ['1', '2', '3', '1']) void reads.read([id]);
  expect(begun.map(({ ids }) => ids)).toEqual([['1'], ['2'], ['3'], ['1']]);
});

test('one that fails fails for those who share it, and the next one is another', async () => {
  let count = 0;
  const gate = Promise.withResolvers<void>();
  const reads = new SharedReads<string>(async () => {
    count += 1;
    const number = count;
    await gate.promise;
    if (number <= 2) throw new Error(`read ${number} failed`);
    return new Map([['1', 'found']]);
  });
  const all = [0, 1, 2, 3].map(() => reads.read(['1']));
  gate.resolve();
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(count).toBe(3);
});

test('it is cancelled when nobody waits for it any more', async () => {
  const { reads, begun } = tReads();
  const callers = Array.from({ length: 4 }, () => new AbortController());
  const all = callers.map(({ signal }) => reads.read(['1'], signal));
  begun[0]!.answer('x');
  await all[0];
  const shared = begun[2]!.signal;
  callers[2]!.abort();
  expect(shared.aborted).toBe(false);
  callers[3]!.abort();
  expect(shared.aborted).toBe(true);
});

test.each([
  ['before it began', true],
  ['while it was under way', false],
])('who left %s is no error of it', async (_, isBefore) => {
  const { reads, begun } = tReads();
  const all = [reads.read(['1']), reads.read(['1'])];
  const caller = new AbortController();
  void reads.read(['1'], caller.signal);
  if (isBefore) caller.abort(new CallerLeft());
  begun[0]!.answer('x');
  await all[0];
  caller.abort(new CallerLeft());
  expect(begun[2]!.signal.reason).toBeInstanceOf(CallerLeft);
});
