/** Proves that a subject of the bench is left out, with a line that says why, where what runs it is not there. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { runBench } from '../../bench/bench.ts';
import { findBun, findCentrifugo } from '../../bench/runtimes.ts';
import { subjects } from '../../bench/subjects.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these scripts. */
function tPrograms(programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-programs-'));
  folders.push(folder);
  for (const [name, script] of Object.entries(programs)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

/** A folder of packages with programs that exit with these codes. */
const tPackages = (programs: Readonly<Record<string, number>>) =>
  tPrograms(Object.fromEntries(Object.entries(programs).map(([name, status]) => [name, `exit ${status}`])));

/** Without one of the PATH. */
const withoutPath = <T>(run: () => T): T => {
  const path = process.env['PATH'];
  process.env['PATH'] = '';
  try {
    return run();
  } finally {
    process.env['PATH'] = path;
  }
};

test('Bun is the program that runs: npm leaves one that only says that it was not installed', () => {
  const stub = '.bin/bun';
  const program = '@oven/bun-linux-x64/bin/bun';
  const both = tPackages({ [stub]: 1, [program]: 0 });
  expect(withoutPath(() => findBun(both))).toBe(join(both, program));
  const installed = tPackages({ [stub]: 0, [program]: 0 });
  expect(withoutPath(() => findBun(installed))).toBe(join(installed, stub));
  expect(withoutPath(() => findBun(tPackages({ [stub]: 1 })))).toBeNull();
});

test('Centrifugo is one of the version that is compared, as its release or as Go built it', () => {
  const saying = (version: string, more = '') =>
    `echo "Centrifugo v${version} (Go version: go1.26)"\n${more}`;
  const builtFrom = (version: string) =>
    `# mod\tgithub.com/centrifugal/centrifugo/v6\t${version}\th1:of-its-source`;
  const find = (program: string, script: string) => {
    const HOME = tPrograms({ [program]: script });
    const [onPath, bin, path] = ['path', 'gobin', 'gopath'].map((name) => join(HOME, name));
    return findCentrifugo({
      HOME,
      PATH: `${join(HOME, 'nowhere')}${delimiter}${onPath}`,
      GOBIN: bin,
      GOPATH: path,
    })?.slice(HOME.length + 1);
  };
  expect(find('path/centrifugo', saying('6.9.1'))).toBe('path/centrifugo');
  expect(find('gobin/centrifugo', saying('0.0.0', builtFrom('v6.9.1')))).toBe('gobin/centrifugo');
  expect(find('gopath/bin/centrifugo', saying('6.9.1'))).toBe('gopath/bin/centrifugo');
  expect(find('path/centrifugo', saying('0.0.0', builtFrom('v6.9.10')))).toBeUndefined();
  expect(find('path/centrifugo', saying('6.9.0'))).toBeUndefined();
  expect(find('path/centrifugo', `${saying('6.9.1')}exit 1`)).toBeUndefined();
  const HOME = tPrograms({ 'go/bin/centrifugo': saying('6.9.1') });
  expect(findCentrifugo({ HOME })).toBe(join(HOME, 'go/bin/centrifugo'));
});

test.each([
  ['bun', 'npm install --no-save bun'],
  ['centrifugo', 'go install github.com/centrifugal/centrifugo/v6@v6.9.1'],
] as const)('%s is left out and named where it is not at hand, and nothing fails', async (name, remedy) => {
  const leftOut: string[] = [];
  const runtime = { ...subjects[name].runtime, find: () => null };
  const result = await runBench(
    {
      ...{ workloads: [], subjects: ['raw', name], runs: 1, scale: 0.01, seconds: 10 },
      ...{ json: null, svg: null, profile: null },
    },
    { cores: { server: null, others: null }, description: '', warnings: [] },
    {
      onLeftOut: (subject, why) => leftOut.push(`${subject}: ${why}`),
      onRun: () => undefined,
      onWorkload: () => undefined,
      onFailure: () => undefined,
    },
    { ...subjects, [name]: { ...subjects[name], runtime } },
  );
  expect(result).toEqual({ rows: [], failures: [] });
  expect(leftOut).toEqual([`${name}: ${runtime.missing}`]);
  expect(runtime.missing).toContain(remedy);
});
