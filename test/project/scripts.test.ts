/** Proves that each script of package.json is described in CONTRIBUTING, and printed by `npm run help`. */
import { execFileSync, spawnSync } from 'node:child_process';
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

test('npm run help prints all of them, on one screen', () => {
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

test('an older Node is told by name, in one line, before it meets a file that it cannot read', () => {
  const check = /--require=(\S+)/.exec(scripts['start']!)![1]!;
  expect(scripts['test']).toContain(`--require=${check}`);
  const startOn = (version: string) => {
    const older = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
    const args = ['--eval', `${older} require('${check}'); console.log('went on');`];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const stderr = 'Node 24 or newer is needed, and this is Node 22.18.0.\n';
  expect(startOn('22.18.0')).toEqual({ status: 1, stdout: '', stderr });
  expect(startOn('24.0.0')).toEqual({ status: 0, stdout: 'went on\n', stderr: '' });
});

test('scripts are short, and the files and scripts that they run exist', () => {
  for (const [name, body] of Object.entries(scripts)) {
    // A longer script is a program, which belongs into src/cli. Options of Node are none.
    const own = body.replaceAll(/ --[\w-]+=\S+/g, '');
    expect([name, own.length <= 110]).toEqual([name, true]);
    for (const [file] of body.matchAll(/\b(?:src|test)\/[\w./-]+\.ts\b/g))
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
    for (const [, other] of body.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(other);
  }
});
