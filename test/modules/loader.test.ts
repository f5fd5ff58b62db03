/** What is asked for at once is one read, and nothing is read twice. */
import { expect, test } from '@jest/globals';
import { Loader } from '../../src/modules/loader.ts';

/** Reads of everything but `missing`. */
function tLoader() {
  const reads: (readonly string[])[] = [];
  const loader = new Loader<string | null>(async (ids) => {
    reads.push(ids);
    await Promise.resolve();
    if (ids.includes('broken')) throw new Error('It cannot be read.');
    return new Map(ids.filter((id) => id !== 'missing').map((id) => [id, `value of ${id}`]));
  }, null);
  return { loader, reads };
}

test('what is asked for at once is one read, of each id once', async () => {
  const { loader, reads } = tLoader();
  const later = Promise.resolve().then(() => loader.load('3'));
  const values = await Promise.all([...['1', 'missing', '2', '1'].map((id) => loader.load(id)), later]);
  expect(values).toEqual(['value of 1', null, 'value of 2', 'value of 1', 'value of 3']);
  expect(reads).toEqual([['1', 'missing', '2', '3']]);
});

test('what was read is not read again, and all else is', async () => {
  const { loader, reads } = tLoader();
  await Promise.all(['1', 'missing'].map((id) => loader.load(id)));
  expect(await Promise.all(['1', 'missing', '4'].map((id) => loader.load(id)))).toEqual([
    'value of 1',
    null,
    'value of 4',
  ]);
  expect(reads).toEqual([['1', 'missing'], ['4']]);
});

test('whoever asks for what cannot be read is told, then and later', async () => {
  const { loader, reads } = tLoader();
  const settled = await Promise.allSettled([loader.load('1'), loader.load('broken')]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(loader.load('broken')).rejects.toThrow('It cannot be read.');
  expect(reads).toEqual([['1', 'broken']]);
});
