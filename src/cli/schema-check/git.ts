/** Asks git which commit the schema is compared with, and for the SDL of that commit. */
import { spawnSync } from 'node:child_process';
import { schemaFolder, type SdlFile } from '../supergraph/sdl-files.ts';
import { mebibyte } from '../../lib/memory/bytes.ts';

export interface Base {
  readonly commit: string;
  /** For the report: `0a1b2c3d4e` (where this branch left `main`). */
  readonly label: string;
}

/** There is nothing to compare with; `reason` says why. */
export interface NoBase {
  readonly reason: string;
}

/** `--base` names no commit that can be compared with. The message is meant for the user. */
export class UnknownRefError extends Error {}

const usualBranches = ['origin/main', 'main'];

/**
 * Finds the commit where this branch left `wanted` (default: the main branch), so that what others have added to `wanted` since
 * then is not taken for a change of this branch.
 *
 * @throws UnknownRefError
 */
export function resolveBase(root: string, wanted?: string): Base | NoBase {
  if (wanted === undefined)
    return findBase(root, usualBranches, `there is neither ${usualBranches.join(' nor ')}`);
  const base = findBase(root, [wanted], 'git knows no such commit here');
  if ('reason' in base) throw new UnknownRefError(`--base is "${wanted}", and ${base.reason}.`);
  return base;
}

function findBase(root: string, refs: readonly string[], ifNone: string): Base | NoBase {
  const reason = whyNoRepository(root);
  if (reason !== null) return { reason };
  for (const ref of refs) {
    const base = readBase(root, ref);
    if (base) return base;
  }
  return { reason: ifNone };
}

/** Null where there is one. */
function whyNoRepository(root: string): string | null {
  const { status, stderr } = runGit(root, ['rev-parse', '--git-dir']);
  if (status === 0) return null;
  // It refuses those of another user, for one.
  const [words = ''] = stderr?.split('\n', 1) ?? [];
  return /^(fatal: not a git repository|$)/.test(words)
    ? 'git knows no repository here'
    : `git refuses: ${words}`;
}

function readBase(root: string, ref: string): Base | NoBase | null {
  const tip = git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (tip === null) return null;
  const fork = git(root, ['merge-base', tip.trim(), 'HEAD']);
  if (fork === null && git(root, ['rev-parse', '--is-shallow-repository'])?.trim() === 'true')
    return {
      reason: `this clone is too shallow to know where this branch left ${ref}: git fetch --unshallow`,
    };
  // A branch that has no commit in common with `ref` is compared with `ref` itself.
  const commit = (fork ?? tip).trim();
  const short = commit.slice(0, 10);
  if (commit.startsWith(ref)) return { commit, label: `\`${short}\`` };
  return {
    commit,
    label: `\`${short}\` (${commit === tip.trim() ? '' : 'where this branch left '}\`${ref}\`)`,
  };
}

/** The SDL files of a commit; none when it has no schema/. */
export function readSdlFilesAt(root: string, commit: string): readonly SdlFile[] {
  // Without -z it writes names with accents in quotes, by numbers.
  const list = git(root, ['ls-tree', '-z', '--name-only', commit, `${schemaFolder}/`]) ?? '';
  return list
    .split('\0')
    .filter((path) => path.endsWith('.graphql'))
    .sort()
    .map((path) => {
      const text = git(root, ['show', `${commit}:./${path}`]);
      if (text === null) throw new Error(`git show fails for ${path} of ${commit}.`);
      return { path, text };
    });
}

/** Null when git fails, or is not installed. */
function git(cwd: string, args: readonly string[]): string | null {
  const { status, stdout } = runGit(cwd, args);
  return status === 0 ? stdout : null;
}

/** Where git is not installed, status and texts are null. */
function runGit(cwd: string, args: readonly string[]) {
  return spawnSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * mebibyte });
}
