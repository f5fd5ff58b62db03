/** Finds what runs the servers: this Node, and Bun where there is one. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Runtime {
  /** The program, or null where it is not on this machine. */
  readonly find: () => string | null;
  /** How to get it, in a line. */
  readonly missing: string;
  /** The flags with which it answers the commands of the bench; none where the server's own program does so. */
  readonly agentFlags: readonly string[];
}

export const node: Runtime = {
  find: () => process.execPath,
  missing: '',
  agentFlags: ['--expose-gc', '--import', resolve(import.meta.dirname, 'agent.ts')],
};

const packages = resolve(import.meta.dirname, '../node_modules');

/** It weighs 100 MB, so it is no dependency of this project. */
export const bun: Runtime = {
  find: () => findBun(packages),
  missing: 'there is no bun on the PATH or in node_modules (npm install --no-save bun).',
  agentFlags: [],
};

/** The first that runs, of the PATH and of a folder of packages. */
export function findBun(folder: string): string | null {
  // Where npm runs no scripts of packages, that of the command is missing, and the program is there all the same.
  const programs = globSync(join(folder, '@oven/bun-*/bin/bun')).toSorted();
  const places = ['bun', join(folder, '.bin/bun'), ...programs];
  return places.find((place) => spawnSync(place, ['--version']).status === 0) ?? null;
}
