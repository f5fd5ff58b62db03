/** What a release asks of git and npm, and what it lets them do. */
import { spawnSync } from 'node:child_process';
import type { Commit } from './changelog.ts';

/** Fields of a line of `git log`, apart. */
const separator = '\x1f';

/** What git or npm could not do, in their words. */
export class CommandError extends Error {
  constructor(command: string, words = '') {
    super(`${command} failed.\n${words}`.trim());
  }
}

/** A git repository with a package at its root. Whatever fails is a CommandError. */
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

  /** What is changed, staged or new and in no commit, a file a line. Ignored files aside. */
  get changes(): string {
    return this.#git('status', '--porcelain');
  }

  /** The newest tag of a version from which this commit comes, or null. */
  get lastTag(): string | null {
    const tags = this.#git('tag', '--list', 'v*.*.*', '--merged', 'HEAD', '--sort=-version:refname');
    return tags.split('\n', 1)[0] || null;
  }

  hasTag(tag: string): boolean {
    return this.#git('tag', '--list', tag) !== '';
  }

  /** The newest first. Since the beginning where there is no tag. */
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

  /** Commits these files, as they are on the disk, and nothing else. */
  commit(message: string, files: readonly string[]): void {
    this.#git('commit', '--quiet', '--message', message, '--only', '--', ...files);
  }

  /** An annotated tag. Lines that begin with # are part of the message. */
  tag(name: string, message: string): void {
    this.#git('tag', '--annotate', '--cleanup=whitespace', '--message', message, name);
  }

  /** Takes back commits behind `head`, and changes of these files. */
  restore(head: string, files: readonly string[]): void {
    this.#git('reset', '--quiet', '--soft', head);
    this.#git('restore', '--staged', '--worktree', `--source=${head}`, '--', ...files);
  }

  /** Runs an npm script, which says itself what it has to say. */
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
