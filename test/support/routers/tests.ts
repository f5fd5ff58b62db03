/** Leaves out the tests through a router that is not built. test/run.ts says so. */
import { describe } from '@jest/globals';
import { findRouter, type RouterProgram } from './programs.ts';

export function describeThrough(router: RouterProgram, body: () => void): void {
  const run = findRouter(router) === undefined ? describe.skip : describe;
  run(`through ${router.name} ${router.version}`, body);
}
