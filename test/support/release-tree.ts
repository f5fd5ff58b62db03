/** The trees of other releases, from this repository's history, to run their processes beside those of this tree. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The commit that was last deployed before what is on main. Make it the tag of a release when there is one. */
export const lastRelease = '8f12965';

const root = resolve(import.meta.dirname, '../..');
const git = (...args: string[]) => spawnSync('git', args, { cwd: root, stdio: 'ignore' }).status === 0;

/** Whether its history is here: a shallow clone, or a tree without git, has none. */
export const hasLastRelease = (): boolean => hasRelease(lastRelease);

/** The same of any commit, branch or tag. */
export const hasRelease = (ref: string): boolean =>
  git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);

export interface Release extends Disposable {
  readonly ref: string;
  readonly program: string;
  /** Whether it keeps the places of clients that keep no cursor, and receipts: 8f12965 does neither. */
  readonly keepsPlaces: boolean;
  /** The text of its own chaos tests, which name the faults that it is tried with. */
  readonly chaosText: string;
}

/** Unpacks a commit, branch or tag into a temporary folder, with the packages of this tree. */
export function unpackRelease(ref: string): Release {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const packed = execFileSync('git', ['archive', ref, 'src', 'schema', 'package.json'], {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
  });
  execFileSync('tar', ['--extract', '--directory', folder], { input: packed });
  const packages = join(folder, 'node_modules');
  symlinkSync(join(root, 'node_modules'), packages);
  return {
    ref,
    program: join(folder, 'src/main.ts'),
    chaosText: execFileSync('git', ['grep', '-h', '-e', "'", ref, '--', 'test/chaos'], {
      cwd: root,
      encoding: 'utf8',
    }),
    keepsPlaces: existsSync(join(folder, 'src/stores/slots')),
    [Symbol.dispose]() {
      // The link first, so that nothing follows it.
      rmSync(packages, { force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
