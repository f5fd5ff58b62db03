/** Checks out another commit of this project in a temporary folder, with its packages, and removes it afterwards. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mainFile, ownRoot } from '../subjects/ours.ts';

/** The other commit cannot be run. The message is meant for the user. */
export class CheckoutError extends Error {}

export interface Checkout {
  readonly root: string;
  /** The commit's short name. */
  readonly commit: string;
  /** May be called more than once. It is also called when this process exits for whatever reason. */
  remove(): void;
}

const lockFile = 'package-lock.json';
/** The files of the other tree that the bench uses. */
const neededFiles = [mainFile, 'bench/publishing.ts', 'package.json', lockFile];

/**
 * Checks out `ref` (a branch, a tag or a hash), with the packages of its lock file.
 *
 * @throws CheckoutError
 */
export async function checkOut(ref: string, onInstall: () => void): Promise<Checkout> {
  const commit = resolveCommit(ref);
  for (const file of neededFiles)
    if (!git('cat-file', '-e', `${commit}:${file}`).isOk)
      throw new CheckoutError(`${ref} (${commit}) has no ${file}: its service cannot be run from here.`);
  const folder = mkdtempSync(join(tmpdir(), 'bench-against-'));
  const root = join(folder, 'tree');
  const remove = () => {
    process.removeListener('exit', remove);
    // The link first: `git worktree remove` must not follow it and delete the packages of this tree.
    rmSync(join(root, 'node_modules'), { recursive: true, force: true });
    git('worktree', 'remove', '--force', root);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', remove);
  try {
    const added = git('worktree', 'add', '--quiet', '--detach', root, commit);
    if (!added.isOk) throw new CheckoutError(`git could not check out ${ref}:\n${added.problem}`);
    await providePackages(root, onInstall);
  } catch (error) {
    remove();
    throw error;
  }
  return { root, commit, remove };
}

function resolveCommit(ref: string): string {
  const inside = git('rev-parse', '--is-inside-work-tree');
  if (!inside.isOk) throw new CheckoutError(`--against needs a git checkout:\n${inside.problem}`);
  const { isOk, output } = git(
    'rev-parse',
    '--verify',
    '--quiet',
    '--short',
    '--end-of-options',
    `${ref}^{commit}`,
  );
  if (!isOk) throw new CheckoutError(`git knows no commit "${ref}".`);
  return output;
}

/** With the same lock file, both trees use the same files: that is quicker, and a fairer comparison. */
async function providePackages(root: string, onInstall: () => void): Promise<void> {
  const [own, other] = [ownRoot, root].map((tree) => readFileSync(join(tree, lockFile), 'utf8'));
  if (own === other) {
    symlinkSync(join(ownRoot, 'node_modules'), join(root, 'node_modules'));
    return;
  }
  onInstall();
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => void child.kill('SIGKILL');
  // The listener that removes the folder must run after this one: npm writes to that folder.
  process.prependOnceListener('exit', stop);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-4_000)));
  const [code] = (await once(child, 'close')) as [number | null];
  process.removeListener('exit', stop);
  if (code !== 0) throw new CheckoutError(`npm ci failed in the other tree:\n${printed}`);
}

function git(...args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', ownRoot, ...args], { encoding: 'utf8' });
  const isOk = status === 0;
  return { isOk, output: isOk ? stdout.trim() : '', problem: error?.message ?? (stderr ?? '').trim() };
}
