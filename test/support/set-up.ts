/** Owns what the record of module tests is: each of their files runs in every set-up. */
import { test } from '@jest/globals';

/** SQLite in memory; PostgreSQL; or MS Despacho, as its stand-in, with SQLite beside it. */
export type SetUp = 'SQLite' | 'PostgreSQL' | 'MS Despacho';

let current: SetUp = 'SQLite';

/** For this test file. To be called before the tests are declared: by a module that is imported ahead of theirs. */
export function useSetUp(setUp: SetUp): void {
  current = setUp;
}

export const setUp = (): SetUp => current;

/** By nature different where dispatches live in MS Despacho: `why` says how. */
export function ofOurOwnRecord(_why: string): typeof test {
  return current === 'MS Despacho' ? (test.skip as typeof test) : test;
}
