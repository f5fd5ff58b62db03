/** Plans a release: which files it would change, or why it must be refused. Changes nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChangelogError, releaseChangelog, type Release, type ReleasedChangelog } from './changelog.ts';
import type { Repository } from './repository.ts';
import { isNewer, nextVersion } from './version.ts';

const changelog = 'CHANGELOG.md';
/** Files that name the newest release, besides the changelog and package.json. */
const naming = ['k8s/overlays/production/kustomization.yaml', 'k8s/chart/Chart.yaml', 'docs/deployment.md'];

export interface Plan {
  readonly present: string;
  readonly version: string;
  readonly tag: string;
  /** The release notes: the section of the changelog. */
  readonly notes: string;
  /** The new texts of files, by their path from the root. */
  readonly files: ReadonlyMap<string, string>;
}

/** The release is refused. The message is meant for the user: one reason on each line. */
export class RefusedError extends Error {
  constructor(reasons: readonly string[]) {
    super(reasons.join('\n'));
  }
}

/**
 * @throws RefusedError when the release may not be made
 * @throws VersionError when `wanted` is neither a step nor a version
 */
export async function planRelease(
  root: string,
  repository: Repository,
  wanted: string,
  date: string,
): Promise<Plan> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const { version: present } = JSON.parse(read('package.json')) as { readonly version: string };
  const version = nextVersion(present, wanted);
  const tag = `v${version}`;
  const commits = repository.commitsSince(repository.lastTag);
  const reasons = findObstacles(repository);
  if (!isNewer(version, present))
    reasons.push(`${version} is not newer than ${present}, the current version.`);
  if (repository.hasTag(tag)) reasons.push(`The tag ${tag} exists.`);
  if (commits.length === 0) reasons.push(`There is no commit since ${repository.lastTag}.`);
  if (reasons.length > 0) throw new RefusedError(reasons);
  const { text, notes } = await sectionFor(read(changelog), { version, date, commits });
  const files = naming.map((path) => [path, rename(path, read(path), present, version)] as const);
  return { present, version, tag, notes, files: new Map([[changelog, text], ...files]) };
}

async function sectionFor(text: string, release: Release): Promise<ReleasedChangelog> {
  try {
    return await releaseChangelog(changelog, text, release);
  } catch (error) {
    if (error instanceof ChangelogError) throw new RefusedError([error.message]);
    throw error;
  }
}

/** Reasons to refuse any release. They are looked for again after the checks, which take minutes. */
export function findObstacles(repository: Repository): string[] {
  const { branch, changes } = repository;
  const reasons = [];
  if (branch !== 'main') reasons.push(`Releases are made from main, and this is ${branch || 'no branch'}.`);
  if (changes !== '') reasons.push(`There are uncommitted changes:\n${changes}`);
  return reasons;
}

/** @throws RefusedError when the file does not name the current version: somebody has to find out why */
function rename(path: string, text: string, from: string, to: string): string {
  const renamed = text.replaceAll(new RegExp(`(?<![\\d.])${RegExp.escape(from)}(?![\\d.])`, 'g'), to);
  if (renamed === text) throw new RefusedError([`${path} does not name ${from}, the current version.`]);
  return renamed;
}
