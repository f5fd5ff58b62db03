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

/** `--base` names no commit. The message is meant for the user. */
export class UnknownRefError extends Error {}

const usualBranches = ['origin/main', 'main'];

/**
 * Finds the commit where this branch left `wanted` (default: the main branch), so that what others have added to `wanted` since
 * then is not taken for a change of this branch.
 *
 * @throws UnknownRefError
 */
export function resolveBase(root: string, wanted?: string): Base | NoBase {
  if (wanted !== undefined) {
    const base = readBase(root, wanted);
    if (!base) throw new UnknownRefError(`--base is "${wanted}", and git knows no such commit here.`);
    return base;
  }
  for (const branch of usualBranches) {
    const base = readBase(root, branch);
    if (base) return base;
  }
  if (git(root, ['rev-parse', '--git-dir']) === null) return { reason: 'git knows no repository here' };
  return { reason: `there is neither ${usualBranches.join(' nor ')}` };
}

function readBase(root: string, ref: string): Base | null {
  const tip = git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (tip === null) return null;
  // A branch that has no commit in common with `ref` is compared with `ref` itself.
  const fork = git(root, ['merge-base', tip.trim(), 'HEAD']);
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
  const list = git(root, ['ls-tree', '--name-only', commit, `${schemaFolder}/`]) ?? '';
  return list
    .split('\n')
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
  const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * mebibyte });
  return status === 0 ? stdout : null;
}
