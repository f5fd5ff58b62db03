/** Owns the tree of the image for tests: what the Dockerfile would copy into /app, put together without Docker. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** What .dockerignore lets through, in the one form that it is written in: nothing, but these, without those. */
export function ignoreRules(): { readonly kept: readonly string[]; readonly left: readonly string[] } {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*') throw new Error('.dockerignore does not begin with leaving everything out.');
  return {
    kept: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    left: lines.slice(1).filter((line) => !line.startsWith('!')),
  };
}

export interface ImageTree {
  readonly path: string;
  /** Folders of packages that ship, relative to `node_modules`. */
  readonly packages: readonly string[];
  remove(): void;
}

/** What the image has in /app. The packages are those that `npm ci --omit=dev --omit=optional` would bring. */
export function tImageTree(): ImageTree {
  const path = mkdtempSync(join(tmpdir(), 'image-'));
  const { kept, left } = ignoreRules();
  for (const name of kept) {
    const filter = (source: string) => !left.includes(relative(root, source));
    cpSync(join(root, name), join(path, name), { recursive: true, filter });
  }
  const packages = shippedPackages();
  for (const name of packages) {
    const from = join(root, 'node_modules', name);
    const to = join(path, 'node_modules', name);
    if (!existsSync(from)) continue;
    mkdirSync(dirname(to), { recursive: true });
    // Packages inside of a package are listed for themselves; the rest is what the Dockerfile takes away.
    const filter = (source: string) =>
      relative(from, source) !== 'node_modules' &&
      !/better-sqlite3\/(deps|src)$/.test(source) &&
      !/\.(map|[cm]?ts)$/.test(source);
    cpSync(from, to, { recursive: true, filter });
  }
  return { path, packages, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function shippedPackages(): string[] {
  const folder = join(root, 'node_modules');
  const args = ['ls', '--all', '--parseable', '--omit=dev', '--omit=optional', '--omit=peer'];
  const list = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return [...new Set(list.split('\n'))]
    .filter((path) => path.startsWith(folder))
    .map((path) => relative(folder, path));
}
