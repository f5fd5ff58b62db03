/** Where dispatches live in module tests: each of their files runs in every set-up. */
import { test } from '@jest/globals';

/** SQLite in memory; PostgreSQL; or MS Despacho, as its stand-in, with SQLite beside it. */
export type SetUp = 'SQLite' | 'PostgreSQL' | 'MS Despacho';

let current: SetUp = 'SQLite';

/** For this test file. To be called before the tests are declared, by a module that is imported ahead of theirs. */
export function useSetUp(setUp: SetUp): void {
  current = setUp;
}

export const setUp = (): SetUp => current;

/** For a test that does not apply where dispatches live in MS Despacho; `why` says why. */
export function ofOurOwnRecord(_why: string): typeof test {
  return current === 'MS Despacho' ? (test.skip as typeof test) : test;
}
