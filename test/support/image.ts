/** Makes the folder /app of the image without Docker: the files that the Dockerfile would copy. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** The files that .dockerignore lets through. It understands only the form of this project's file: exclude all, include, exclude. */
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
  /** Folders of the packages in the image, relative to `node_modules`. */
  readonly packages: readonly string[];
  remove(): void;
}

/** The content of /app. The packages are those that `npm ci --omit=dev --omit=optional` would install. */
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
    // Packages inside a package have their own entry.
    const filter = (source: string) => relative(from, source) !== 'node_modules' && !isDeleted(source);
    cpSync(from, to, { recursive: true, filter });
  }
  return { path, packages, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** As the Dockerfile does. */
const deleted = [
  /\.(map|[cm]?ts|test\.js)$/,
  /^(?!.*(licen[cs]e|notice)).*\.md$/i,
  /node_modules\/(@[^/]+\/)?[^/@][^/]*\/(\.github|__tests__|benchmarks?|coverage|docs|examples?|tests?)$/,
  /render-graphiql\/cjs$/,
  /better-sqlite3\/(deps|src)$/,
];
const isDeleted = (path: string) => deleted.some((pattern) => pattern.test(path));

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
