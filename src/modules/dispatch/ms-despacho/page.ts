/** Owns how `limit` and `offset` become the pages of a paginator. */

export interface PageOf {
  /** Counted from 1. */
  readonly page: number;
  readonly perPage: number;
}

/** Which pages to read, and which part of them, all in a row, is meant. */
export interface PagePlan {
  readonly pages: readonly PageOf[];
  readonly skip: number;
}

/** One page where a size of up to twice the limit holds the whole window; else two that adjoin. */
export function planPages(limit: number, offset: number): PagePlan {
  for (let perPage = limit; perPage <= 2 * limit; perPage++) {
    const skip = offset % perPage;
    if (skip + limit <= perPage) return { pages: [{ page: (offset - skip) / perPage + 1, perPage }], skip };
  }
  const skip = offset % limit;
  const page = (offset - skip) / limit + 1;
  return {
    pages: [
      { page, perPage: limit },
      { page: page + 1, perPage: limit },
    ],
    skip,
  };
}
