/** Runs the commands of git and npm that a release needs. */
import { spawnSync } from 'node:child_process';
import type { Commit } from './changelog.ts';

/** Separates the fields in a line of `git log`. */
const separator = '\x1f';

/** A command of git or npm failed. The message is meant for the user, and has what the command printed. */
export class CommandError extends Error {
  constructor(command: string, words = '') {
    super(`${command} failed.\n${words}`.trim());
  }
}

/** A git repository with a package at its root. All methods throw a CommandError when the command fails. */
export class Repository {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get branch(): string {
    return this.#git('branch', '--show-current');
  }

  get head(): string {
    return this.#git('rev-parse', 'HEAD');
  }

  /** Files that are changed, staged or new, one on each line, without ignored files. */
  get changes(): string {
    return this.#git('status', '--porcelain');
  }

  /** The newest version tag among the ancestors of this commit; null when there is none. */
  get lastTag(): string | null {
    const tags = this.#git('tag', '--list', 'v*.*.*', '--merged', 'HEAD', '--sort=-version:refname');
    return tags.split('\n', 1)[0] || null;
  }

  hasTag(tag: string): boolean {
    return this.#git('tag', '--list', tag) !== '';
  }

  /** The commits since the tag (since the beginning when it is null), the newest first. */
  commitsSince(tag: string | null): Commit[] {
    const range = tag === null ? 'HEAD' : `${tag}..HEAD`;
    const lines = this.#git('log', '--no-merges', `--format=%h${separator}%s`, range).split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [hash = '', subject = ''] = line.split(separator);
        return { hash, subject };
      });
  }

  /** Commits these files as they are on the disk, and nothing else. */
  commit(message: string, files: readonly string[]): void {
    this.#git('commit', '--quiet', '--message', message, '--only', '--', ...files);
  }

  /** Makes an annotated tag. Lines of the message that begin with # are kept. */
  tag(name: string, message: string): void {
    this.#git('tag', '--annotate', '--cleanup=whitespace', '--message', message, name);
  }

  /** Undoes the commits after `head`, and the changes of these files. */
  restore(head: string, files: readonly string[]): void {
    this.#git('reset', '--quiet', '--soft', head);
    this.#git('restore', '--staged', '--worktree', `--source=${head}`, '--', ...files);
  }

  /** Runs an npm script, which prints to the terminal itself. */
  npmRun(script: string): void {
    const { status } = spawnSync('npm', ['run', script], { cwd: this.#root, stdio: 'inherit' });
    if (status !== 0) throw new CommandError(`npm run ${script}`);
  }

  /** Writes the version into package.json and the lock file. */
  setPackageVersion(version: string): void {
    this.#run('npm', 'version', '--no-git-tag-version', '--loglevel=error', version);
  }

  #git(...args: readonly string[]): string {
    return this.#run('git', ...args);
  }

  #run(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: this.#root, encoding: 'utf8' });
    if (status !== 0) throw new CommandError(`${program} ${args[0]}`, stderr);
    return stdout.trimEnd();
  }
}
