/** Reads a whole list by pages while it changes, so that nothing which stays in it is passed over. */

export interface PagesOptions<T> {
  readonly read: (limit: number, offset: number) => Promise<readonly T[]>;
  readonly idOf: (item: T) => string;
  readonly onPage: (page: readonly T[]) => void;
  readonly limit: number;
  /** So many items of a page are read again with the next one. */
  readonly overlap: number;
}

/**
 * Items that leave the list move all that follow them up, past the offset of the next page. So each page begins with an item that is
 * known: where it does not, the reader steps back until it does. What comes into the list meanwhile only makes pages repeat.
 */
export async function readPages<T>({ read, idOf, onPage, limit, overlap }: PagesOptions<T>): Promise<void> {
  const known = new Set<string>();
  for (let offset = 0; ;) {
    const page = await read(limit, offset);
    const [first] = page;
    if (offset > 0 && (!first || !known.has(idOf(first)))) {
      offset = Math.max(0, offset - Math.ceil(limit / 2));
      continue;
    }
    for (const item of page) known.add(idOf(item));
    onPage(page);
    if (page.length < limit) return;
    offset += page.length - overlap;
  }
}
