/** Translates `limit` and `offset` into the pages of a paginator. */

export interface Page {
  /** Counted from 1. */
  readonly page: number;
  readonly perPage: number;
}

/** The pages to read; of their rows, put together, those after the first `skip` are wanted. */
export interface PagePlan {
  readonly pages: readonly Page[];
  readonly skip: number;
}

/** One page where a size of up to twice the limit holds all that is wanted; else two that follow each other. */
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
