/** Proves that `.ci/run` ends with what failed, the minutes of its parts and one line of counts, whatever happens to a part. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { reporting, tCiProject } from '../support/ci-project.ts';
import { until } from '../support/until.ts';

const good = {
  check: 'true',
  test: reporting(4, 0, '0'),
  // Where no image can be built.
  'test:image': reporting(0, 0, '0'),
  'test:nginx': reporting(2, 0, '0'),
};
const names = ['install', 'check', 'test', 'test:image', 'test:nginx'];

/** The last lines of the output: the parts that were run, in order, and the counts. */
function readEnd(stdout: string) {
  const lines = stdout.trimEnd().split('\n');
  const head = lines.findLastIndex((line) => /^part +minutes$/.test(line));
  const rows = lines.slice(head + 1, -2).map((line) => /^(.+?) {2,}(.*)$/.exec(line)!.slice(1));
  return { rows, count: lines.at(-1) };
}
const minutes = expect.stringMatching(/^\d+\.\d$/) as unknown as string;
const inAll = ['in all', expect.stringMatching(/^\d+\.\d of the 60 there are$/)];

test('adds up the tests of all parts, and prints the minutes of each', async () => {
  const { status, stdout } = await tCiProject(good).run().ended;
  expect(readEnd(stdout)).toEqual({
    rows: [...names.map((name) => [name, minutes]), inAll],
    count: '6 passed, 0 failed',
  });
  expect(status).toBe(0);
});

test.each([
  ['tests fail', { test: reporting(3, 2, '1') }, '5 passed, 2 failed'],
  ['a check fails', { check: 'false' }, '6 passed, 1 failed'],
  ['tests crash before they leave a report', { test: "sh -c 'kill -9 $$'" }, '2 passed, 1 failed'],
  ['tests crash behind a report that is good', { test: reporting(4, 0, 'SIGSEGV') }, '6 passed, 1 failed'],
  ['tests end well without a report', { test: 'true' }, '2 passed, 1 failed'],
  [
    'everything fails',
    { check: 'false', test: 'false', 'test:image': 'false', 'test:nginx': 'false' },
    '0 passed, 4 failed',
  ],
])('counts, and goes on with the other parts, where %s', async (_, changed, count) => {
  const { status, stdout } = await tCiProject({ ...good, ...changed }).run().ended;
  const end = readEnd(stdout);
  expect(end.rows).toHaveLength(names.length + 1);
  expect(JSON.stringify(end.rows)).not.toContain('not run');
  expect(end.count).toBe(count);
  expect(status).toBe(1);
});

test('names what failed', async () => {
  const changed = { check: 'false', test: reporting(3, 2, '1') };
  const { stdout } = await tCiProject({ ...good, ...changed }).run().ended;
  expect(stdout.split('\n').filter((line) => line.startsWith('failed: '))).toEqual([
    'failed: check',
    'failed: test/thing.test.ts › is good 1',
    'failed: test/thing.test.ts › is good 2',
  ]);
});

test('runs nothing without the packages', async () => {
  const project = tCiProject({ ...good, preinstall: 'false' });
  const { status, stdout } = await project.run().ended;
  expect(readEnd(stdout)).toEqual({
    rows: [['install', minutes], ...names.slice(1).map((name) => [name, 'not run']), inAll],
    count: '0 passed, 1 failed',
  });
  expect(status).toBe(1);
});

test('counts a part that was interrupted as failed', async () => {
  const project = tCiProject({ ...good, 'test:nginx': 'node wait.mjs' });
  const { ended, interrupt } = project.run();
  await until('the last part is under way', () => existsSync(join(project.root, 'begun')), 30_000);
  interrupt();
  const { status, stdout } = await ended;
  expect(readEnd(stdout)).toMatchObject({
    rows: [...names.map((name) => [name, minutes]), inAll],
    count: '4 passed, 1 failed',
  });
  expect(status).toBe(1);
});

test('what is made by chance is the same whenever one commit runs again, and other than at the next one', async () => {
  const project = tCiProject({ ...good, check: 'echo seeds $CHAOS_SEED $FUZZ_SEED' });
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: project.root,
      encoding: 'utf8',
    });
  const commit = (message: string) => {
    git('commit', '--quiet', '--allow-empty', '--message', message);
    const seed = Number.parseInt(git('rev-parse', 'HEAD').slice(0, 7), 16);
    return `seeds ${seed} ${seed}`;
  };
  const readSeeds = async () => /^seeds .*$/m.exec((await project.run().ended).stdout)?.[0];
  git('init', '--quiet');
  const first = commit('first');
  expect([await readSeeds(), await readSeeds()]).toEqual([first, first]);
  const second = commit('second');
  expect(second).not.toBe(first);
  expect(await readSeeds()).toBe(second);
});
