/** Turns the section "Unreleased" of a changelog into the section of a version, with the commits below it. */
import { format, resolveConfig } from 'prettier';

export interface Commit {
  /** Abbreviated, as in `git log --oneline`. */
  readonly hash: string;
  readonly subject: string;
}

export interface Release {
  readonly version: string;
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
  /** The commits since the last release, the newest first. */
  readonly commits: readonly Commit[];
}

export interface ReleasedChangelog {
  readonly text: string;
  /** The section of the version alone, without its title. */
  readonly notes: string;
}

/** The changelog does not have the sections that this command needs. The message is meant for the user. */
export class ChangelogError extends Error {}

const unreleased = /^## Unreleased\n/m;

/**
 * Returns the changelog with a section for `release` and an empty "Unreleased".
 *
 * @throws ChangelogError when there is no "Unreleased", or the version already has a section
 */
export async function releaseChangelog(
  path: string,
  text: string,
  release: Release,
): Promise<ReleasedChangelog> {
  const found = unreleased.exec(text);
  if (!found) throw new ChangelogError(`${path} has no section "## Unreleased".`);
  if (text.split('\n').some((line) => line.split(' - ', 1)[0] === `## ${release.version}`))
    throw new ChangelogError(`${path} has a section for ${release.version} already.`);
  const start = found.index + found[0].length;
  const next = text.slice(start).search(/^## /m);
  const end = next < 0 ? text.length : start + next;
  const sections = [text.slice(start, end).trim(), formatCommits(release.commits)];
  const notes = await prettify(path, sections.filter((section) => section !== '').join('\n\n'));
  const title = `## ${release.version} - ${release.date}`;
  const parts = [text.slice(0, start), title, notes, text.slice(end)];
  return { text: await prettify(path, parts.join('\n\n')), notes };
}

function formatCommits(commits: readonly Commit[]): string {
  const lines = commits.map(({ hash, subject }) => `- ${escapeMarkdown(subject)} (${hash})`);
  return lines.length > 0 ? ['### Commits', '', ...lines].join('\n') : '';
}

/** The subject of a commit is plain text, except for code between backticks. */
function escapeMarkdown(subject: string): string {
  const parts = subject.split(/(`[^`]*`)/);
  return parts
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[\\*_<>[\]#]/g, '\\$&')))
    .join('');
}

/** Formats as `npm run format` does, so that `npm run check` passes after a release too. */
async function prettify(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), parser: 'markdown' });
}
