/** Holds the scripts of package.json to what is said of them, so that whoever sees a name finds out what it does. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const commands = contributing.split(/^## /m).find((section) => section.startsWith('Commands\n'))!;
const described = [...commands.matchAll(/^\| `npm (?:run )?([\w:]+)` +\| (.+?) +\|$/gm)].map(
  ([, name, what]) => [name!, what!] as const,
);

test('each script is described, in the order of package.json', () => {
  const { help, ...others } = scripts;
  expect(help).toBeDefined();
  expect(contributing).toContain('`npm run help`');
  expect(described.map(([name]) => name)).toEqual(Object.keys(others));
  for (const [, what] of described) expect(what).toMatch(/^[A-Z].*\.$/);
});

test('npm run help prints all of them, on a screen', () => {
  const help = execFileSync(process.execPath, [join(root, 'src/cli/help.ts')], { encoding: 'utf8' });
  const lines = help.trim().split('\n');
  for (const [name, what] of described)
    expect(lines).toContainEqual(
      expect.stringMatching(
        new RegExp(`^  npm (?:run )?${name} +${RegExp.escape(what.replaceAll('`', ''))}$`),
      ),
    );
  expect(lines.length).toBeLessThanOrEqual(50);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
});

test('what is run says by its name what it is', () => {
  for (const [name, body] of Object.entries(scripts)) {
    // A longer one is a program: it belongs into src/cli.
    expect([name, body.length <= 110]).toEqual([name, true]);
    for (const [file] of body.matchAll(/\b(?:src|test)\/[\w./-]+\.ts\b/g))
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
    for (const [, other] of body.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(other);
  }
});
