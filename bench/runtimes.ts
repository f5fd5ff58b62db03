/** Finds what runs the servers: this Node, and where they are there Bun, and Centrifugo, which is a server itself. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { AgentCommands } from './agent.ts';

export interface Runtime {
  /** The program, or null where it is not on this machine. */
  readonly find: () => string | null;
  /** How to get it, in a line. */
  readonly missing: string;
  /** What stands between it and the server's program. */
  readonly flags: readonly string[];
  /** The commands of the bench that its servers answer. One that answers none has no channel to the bench. */
  readonly answers: readonly (keyof AgentCommands)[];
}

export const node: Runtime = {
  find: () => process.execPath,
  missing: '',
  flags: ['--expose-gc', '--import', resolve(import.meta.dirname, 'agent.ts')],
  answers: ['collect', 'heapBytes', 'startProfile', 'stopProfile'],
};

const packages = resolve(import.meta.dirname, '../node_modules');

/** It weighs 100 MB, so it is no dependency of this project. */
export const bun: Runtime = {
  find: () => findBun(packages),
  missing: 'there is no bun on the PATH or in node_modules (npm install --no-save bun).',
  flags: [],
  // The server's own program does.
  answers: ['collect', 'heapBytes'],
};

const centrifugoVersion = '6.9.1';

/** The program of its servers is their configuration. */
export const centrifugo: Runtime = {
  find: () => findCentrifugo(process.env),
  missing:
    `there is no Centrifugo ${centrifugoVersion} on the PATH or where Go installs programs ` +
    `(go install github.com/centrifugal/centrifugo/v6@v${centrifugoVersion}).`,
  flags: ['--config'],
  answers: [],
};

/** The first of this version, of the PATH and of where Go installs programs. */
export function findCentrifugo(environment: Readonly<Record<string, string | undefined>>): string | null {
  const { PATH = '', GOBIN, GOPATH = join(environment['HOME'] ?? homedir(), 'go') } = environment;
  const folders = [
    ...PATH.split(delimiter),
    GOBIN,
    ...GOPATH.split(delimiter).map((path) => join(path, 'bin')),
  ];
  const places = folders.filter((folder) => folder).map((folder) => join(folder!, 'centrifugo'));
  return places.find(isOfVersion) ?? null;
}

function isOfVersion(program: string): boolean {
  const { status, stdout } = spawnSync(program, ['version'], { encoding: 'utf8' });
  if (status !== 0) return false;
  if (stdout.startsWith(`Centrifugo v${centrifugoVersion} `)) return true;
  // One that `go install` built says v0.0.0; what Go has written into it says of which version it is (`go version -m`).
  return readFileSync(program).includes(`\tgithub.com/centrifugal/centrifugo/v6\tv${centrifugoVersion}\t`);
}

/** The first that runs, of the PATH and of a folder of packages. */
export function findBun(folder: string): string | null {
  // Where npm runs no scripts of packages, that of the command is missing, and the program is there all the same.
  const programs = globSync(join(folder, '@oven/bun-*/bin/bun')).toSorted();
  const places = ['bun', join(folder, '.bin/bun'), ...programs];
  return places.find((place) => spawnSync(place, ['--version']).status === 0) ?? null;
}
