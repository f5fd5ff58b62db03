/** Proves that the recipes of CONTRIBUTING.md are true: each file exists and has what the recipe says, and no other file knows the example. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const text = read('CONTRIBUTING.md');

interface Step {
  readonly path: string;
  /** A text in the file of the example; empty for a folder. */
  readonly see: string;
}
interface Recipe {
  readonly title: string;
  /** The names of the example, by the placeholders (text between angle brackets) that they replace. */
  readonly names: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

function parseRecipe(section: string): Recipe {
  const title = section.split('\n', 1)[0]!;
  const example = /^Example: .*$/m.exec(section)?.[0] ?? '';
  const names = new Map(
    [...example.matchAll(/`(<\w+>)` = `([^`]+)`/g)].map(([, name, value]) => [name!, value!]),
  );
  const steps = [...section.matchAll(/^\| `([^`]+)` +\| [^|]+ \| (?:`([^`]+)`)? +\|$/gm)].map(
    ([, path, see = '']) => ({ path: path!, see }),
  );
  return { title, names, steps };
}

const [, ...sections] = text.split(/^### (?=Add a )/m).map((section) => section.split(/^##? /m, 1)[0]!);
const recipes = sections.map(parseRecipe);
const fill = ({ names }: Recipe, pattern: string) =>
  pattern.replaceAll(/<\w+>/g, (name) => names.get(name) ?? name);

/** The files of these folders that match the pattern. */
function filesWith(pattern: RegExp, ...folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
    )
    .filter((path) => pattern.test(read(path)))
    .sort();
}

test('there is a recipe for each thing that people add most', () => {
  expect(recipes.map(({ title }) => title)).toEqual([
    'Add a field',
    'Add a subscription',
    'Add a transport',
    'Add a store',
    'Add a command',
  ]);
});

describe.each(recipes)('$title', (recipe) => {
  const { title, names, steps } = recipe;
  const paths = steps.map(({ path }) => fill(recipe, path));

  test('defines all of its placeholders, and no others', () => {
    const open = steps.flatMap(({ path, see }) => `${path} ${see}`.match(/<\w+>/g) ?? []);
    expect([...new Set(open)].sort()).toEqual([...names.keys()].sort());
  });

  test.each(steps.map((step) => [fill(recipe, step.path), fill(recipe, step.see)]))(
    '%s is there, with %s',
    (path, see) => {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      if (path.endsWith('/')) expect(readdirSync(join(root, path))).not.toEqual([]);
      else expect(read(path)).toContain(see);
    },
  );

  // The recipe would be incomplete if another file knew the example.
  const elsewhere: Readonly<Record<string, () => readonly string[]>> = {
    'Add a field': () =>
      filesWith(/\brumbo\b/, 'schema', ...['modules', 'schema', 'db', 'upstreams'].map((f) => `src/${f}`)),
    'Add a subscription': () =>
      filesWith(/\bdispatchUpdated\b/, 'schema', 'src').filter(
        (path) => !/^src\/(board|generated)\//.test(path),
      ),
    'Add a transport': () => filesWith(/'[./\w-]*\/sse\/[\w-]+\.ts'/, 'src'),
    'Add a store': () => filesWith(/'[./\w-]*\/sessions\/(?:memory|redis)\.ts'/, 'src', 'test/contract'),
    'Add a command': () => filesWith(/\bcli\/release\.ts\b/, 'src', 'test/cli'),
  };

  test('names every file that has to change', () => {
    const files = elsewhere[title]!();
    expect(files.length).toBeGreaterThan(0);
    expect(paths).toEqual(expect.arrayContaining([...files]));
  });
});

test('all other files that it names exist too', () => {
  const prose = text
    .split('\n')
    .filter((line) => !line.startsWith('|'))
    .join('\n');
  const links = [...prose.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!);
  const files = [...prose.matchAll(/`((?:src|test|schema|docs|bench)\/[\w./-]+\.\w+)`/g)].map(
    ([, path]) => path!,
  );
  expect(links.length).toBeGreaterThan(0);
  for (const path of [...links, ...files]) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
});
