/** The bound of a cache that may grow large, and mostly does not. */

/** For `LRUCache`: at most so many entries. Other than its `max`, this takes no memory for those that are not there: 30 bytes each. */
export const mostEntries = (count: number) => ({ maxSize: count, sizeCalculation: () => 1 });
