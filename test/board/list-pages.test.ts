/** Proves that a list is read whole by pages, also while it changes between them. */
import { expect, test } from '@jest/globals';
import { readPages } from '../../src/board/data/list-pages.ts';

const items = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

/** Reads `list` by pages of ten with two again; `between` may change it before each page but the first. Returns what was read. */
async function readAll(list: string[], between: (page: number) => void = () => {}): Promise<Set<string>> {
  const read = new Set<string>();
  let pages = 0;
  await readPages({
    async read(limit, offset) {
      if (pages > 0) between(pages);
      pages += 1;
      return list.slice(offset, offset + limit);
    },
    idOf: (item) => item,
    onPage: (page) => page.forEach((item) => read.add(item)),
    ...{ limit: 10, overlap: 2 },
  });
  return read;
}

test.each([0, 1, 9, 10, 11, 18, 19, 352])('all %s are read', async (count) => {
  expect(await readAll(items(count))).toEqual(new Set(items(count)));
});

test('nothing that stays is passed over, though many leave between two pages', async () => {
  const list = items(100);
  const read = await readAll(list, (page) => {
    if (page === 3) list.splice(0, 9);
    if (page === 5) list.splice(4, 1);
  });
  for (const item of list) expect(read).toContain(item);
});

test('nothing is passed over though the list shrinks below the offset of the next page', async () => {
  const list = items(40);
  const read = await readAll(list, (page) => {
    if (page === 2) list.splice(0, 30);
  });
  for (const item of list) expect(read).toContain(item);
});

test('what comes into the list meanwhile makes pages repeat, and hides nothing', async () => {
  const list = items(40);
  const read = await readAll(list, (page) => list.unshift(`new${page}`));
  for (const item of items(40)) expect(read).toContain(item);
});
