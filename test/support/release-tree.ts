/** The tree of the last release, from this repository's history, to run its processes beside those of this tree. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The commit that was last deployed before what is on main. Make it the tag of a release when there is one. */
export const lastRelease = '8f12965';

const root = resolve(import.meta.dirname, '../..');
const git = (...args: string[]) => spawnSync('git', args, { cwd: root, stdio: 'ignore' }).status === 0;

/** Whether its history is here: a shallow clone, or a tree without git, has none. */
export const hasLastRelease = (): boolean => git('cat-file', '-e', `${lastRelease}^{commit}`);

/** Unpacks it into a temporary folder, with the packages of this tree. */
export function unpackLastRelease(): { readonly program: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'last-release-'));
  const packed = execFileSync('git', ['archive', lastRelease, 'src', 'schema', 'package.json'], {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024,
  });
  execFileSync('tar', ['--extract', '--directory', folder], { input: packed });
  const packages = join(folder, 'node_modules');
  symlinkSync(join(root, 'node_modules'), packages);
  return {
    program: join(folder, 'src/main.ts'),
    [Symbol.dispose]() {
      // The link first, so that nothing follows it.
      rmSync(packages, { force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
