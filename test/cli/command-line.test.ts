/** Proves of every command that its help is one screen, and that what is wrong with its command line is told in words. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** Steps of others, and Jest, have no command line of their own. */
const others = ['src/cli/merge-schema.ts', 'test/run.ts', 'test/support/attack/write-table.ts'];
/** Their files by their scripts. */
const commands = Object.entries(scripts).flatMap(([script, command]) => {
  const [, file] = /(?:^|&& |^exec )node (?:--\S+ )*([\w/-]+\.ts)(?: --check)?$/.exec(command) ?? [];
  return file === undefined || others.includes(file) ? [] : [[script, file] as const];
});

/** Of a terminal that is not small, and not large either. */
const screen = { lines: 40, columns: 132 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function tFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'command-'));
  folders.push(folder);
  return folder;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], cwd = root): Promise<Outcome> {
  return new Promise((ended) => {
    const child = execFile(
      process.execPath,
      [join(root, file), ...args],
      { cwd, env: { PATH: process.env['PATH'] } },
      (_error, stdout, stderr) => ended({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** What a person can do nothing with. */
const machineWords = /\bat .+:\d+:\d+|node:internal|ENOENT|EACCES|EISDIR|ENOTDIR|ERR_|Node\.js v/;

test('the commands are all there', () => {
  expect(commands.map(([script]) => script)).toEqual(
    expect.arrayContaining([
      ...['start', 'help', 'doctor', 'token', 'replay', 'fleet', 'backup', 'move', 'dev:upstreams'],
      ...['manifest', 'supergraph', 'board:build', 'schema:check', 'bench', 'sbom', 'release'],
      ...['routers:build', 'test:chaos', 'test:fuzz', 'test:on', 'test:simulation'],
    ]),
  );
});

describe.each(commands)('npm run %s', (_script, file) => {
  test('--help is one screen, on the standard output, whatever else is said', async () => {
    const { code, stdout, stderr } = await run(file, ['--no-such-option', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(screen.lines);
    expect(lines.filter((line) => line.length > screen.columns)).toEqual([]);
    expect(stdout).toMatch(/^ {0,2}npm (run |start$)/m);
    expect(stdout).toMatch(/^ {2}--help {2,}this text/m);
  });

  test('a wrong option is named in one line, and ends it with 2', async () => {
    const { code, stdout, stderr } = await run(file, ['--no-such-option']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Unknown option '--no-such-option'\. \(npm (run .+|start); --help says more\)\n$/,
    );
  });
});

describe('a file that cannot be used is told in words, last of all, with exit code 2', () => {
  test.each([
    ['src/cli/replay.ts', ['no-such-file.csv'], 'no-such-file.csv cannot be used: there is no such file'],
    ['src/cli/replay.ts', ['.'], '. is a folder, and not a file.'],
    [
      'src/cli/replay.ts',
      ['a-file/calls.csv'],
      'a-file/calls.csv cannot be used: a part of its path is a file',
    ],
    [
      'src/cli/schema-check.ts',
      ['--out', 'no/such/report.md'],
      'no/such/report.md cannot be used: there is no',
    ],
    ['src/cli/schema-check.ts', ['--out', '.'], '. cannot be used: it is a folder'],
    ['src/cli/supergraph.ts', ['--config', 'no.yaml'], 'no.yaml does not exist.'],
    ['src/cli/record/backup.ts', ['no/such/copy.sqlite'], 'no/such cannot be used: there is no such file'],
    ['src/cli/record/backup.ts', ['a-file/copy'], 'a-file cannot be used: a part of its path is a file'],
    ['src/cli/manifest.ts', ['no-sources'], 'no-sources cannot be used: there is no such file'],
    // Of these the system does not say which file it is.
    ['src/cli/supergraph.ts', ['--config', '.'], 'cannot be used: it is a folder, and not a file'],
  ])('%s %j', async (file, args, words) => {
    const folder = tFolder();
    writeFileSync(join(folder, 'a-file'), '');
    const { code, stdout, stderr } = await run(file, args, folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n').at(-1)).toContain(words);
    expect(stderr).not.toMatch(machineWords);
  });

  test('also where the command has done its work before', async () => {
    const outcome = await run('src/cli/supergraph.ts', ['--out', 'no/such/supergraph.graphql']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr.trim().split('\n').at(-1)).toContain('no/such/supergraph.graphql cannot be used');
    expect(outcome.stderr).not.toMatch(machineWords);
  });

  test.each([
    ['a file', ['--out', '/dev/full'], 'ignore', '/dev/full cannot be used: the disk is full.'],
    [
      'the standard output',
      [],
      openSync('/dev/full', 'w'),
      'The standard output cannot be used: the disk is full.',
    ],
  ] as const)('and where there is no room for %s', async (_what, args, stdout, words) => {
    const child = spawn(process.execPath, [join(root, 'src/cli/supergraph.ts'), ...args], {
      ...{ cwd: root, stdio: ['ignore', stdout, 'pipe'] },
    });
    const ended = once(child, 'close') as Promise<[number | null]>;
    const stderr = await text(child.stderr!);
    expect({ code: (await ended)[0], last: stderr.trim().split('\n').at(-1) }).toEqual({
      code: 2,
      last: words,
    });
    expect(stderr).not.toMatch(machineWords);
  });
});

test('an option that is nearly right is told so', async () => {
  const { stderr } = await run('src/cli/token.ts', ['--rol', 'admin']);
  expect(stderr).toContain("Unknown option '--rol'. Did you mean --role?");
  const ambiguous = await run('src/cli/replay.ts', ['--speed', '-1', 'x.csv']);
  expect(ambiguous.stderr).toContain('a value that begins with a dash is written --speed=VALUE');
  const missing = await run('src/cli/replay.ts', ['x.csv', '--url']);
  expect(missing.stderr).toMatch(/^Option '--url <value>' argument missing\. /);
});

test('a port that is taken is told in one line, with the option that names another', async () => {
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  const { port } = taken.address() as AddressInfo;
  const args = [`--auth-port=${port}`, '--despacho-port=0'];
  const outcome = await run('test/support/upstreams/main.ts', args);
  taken.close();
  const stderr = `Port ${port} is taken: choose another one with --auth-port.\n`;
  expect(outcome).toEqual({ code: 1, stdout: '', stderr });
});

test('whoever reads only the first lines gets those, and no complaint', async () => {
  const child = spawn(process.execPath, [join(root, 'src/cli/help.ts')], { cwd: root });
  // The reader leaves before anything is written.
  child.stdout.destroy();
  const code = new Promise<number | null>((ended) => child.once('close', ended));
  expect({ code: await code, stderr: await text(child.stderr) }).toEqual({ code: 0, stderr: '' });
});
