/** Proves that `npm run bench -- --against REF` runs the services of both trees, and leaves nothing of the other tree behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Comparison } from '../../bench/report/comparison.ts';
import { program, publishing, tBenchedProject, type BenchedProject } from '../support/benched-project.ts';
import { until } from '../support/until.ts';

/** A project whose commit and whose uncommitted files record that they were run, as `base` and as `own`. */
function tTwoVersions(): BenchedProject {
  const project = tBenchedProject();
  project.noteAs('base');
  project.files.commit('The base');
  project.noteAs('own');
  return project;
}

const nothing = { folders: [], worktrees: [] };

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('runs the service of the commit and that of this tree, each from its own folder, and compares them', async () => {
  const project = tTwoVersions();
  const json = join(project.temporary, 'figures.json');
  const few = ['--only', 'idle', '--scale', '0.01', '--pairs', '1', '--json', json];
  const { status, stdout, stderr } = await project.bench('--against', 'HEAD', ...few).ended;
  expect({ status, failed: stderr.match(/FAILED.*/g) }).toEqual({ status: 0, failed: null });

  const startedBy = (version: string) =>
    project.started.flatMap(({ by, file }) => (by === version ? [file] : [])).toSorted();
  const { root } = project.files;
  expect(startedBy('own')).toEqual([publishing, program].map((file) => join(root, file)));
  const other = startedBy('base')[0]!.slice(0, -publishing.length);
  expect(other.startsWith(project.temporary)).toBe(true);
  expect(startedBy('base')).toEqual([publishing, program].map((file) => join(other, file)));

  const comparisons = JSON.parse(readFileSync(json, 'utf8')) as Comparison[];
  const [[before, after]] = comparisons[0]!.pairs as [[number, number]];
  const figures = { base: before, own: after, ratio: { median: after / before } };
  expect(comparisons).toMatchObject([{ workload: 'idle', figure: 'KB/connection', ...figures }]);
  expect(stdout).toContain('## idle');
  expect(stdout).toContain('1 pair of runs says little about a change: use 10 or more.');
  expect(project.leftovers).toEqual({ ...nothing, folders: ['figures.json'] });
}, 60_000);

test('runs ten pairs unless told otherwise; interrupted, it leaves no folder, no worktree and no process', async () => {
  const project = tTwoVersions();
  const { child, printed, ended } = project.bench('--against', 'HEAD', '--only', 'hot');
  const service = await until(
    'the service of the commit runs',
    () => project.started.find(({ file }) => file.endsWith(program)),
    30_000,
  );
  expect(service.by).toBe('base');
  expect(printed.stderr).toContain('hot, pair 1 of 10: base-');
  expect(project.leftovers.worktrees).toHaveLength(1);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ status: 130 });
  expect(project.leftovers).toEqual(nothing);
  await until('what was started has ended', () => !project.started.some(({ pid }) => isRunning(pid)));
}, 60_000);

test('says which of both services does not start, and cleans up', async () => {
  const project = tBenchedProject();
  const { files } = project;
  const good = files.read(program);
  files.write(program, "throw new Error('this commit was a bad idea');");
  files.commit('The base');
  files.write(program, good);
  const few = ['--only', 'http', '--pairs', '1'];
  const { status, stdout, stderr } = await project.bench('--against', 'HEAD', ...few).ended;
  expect(status).toBe(1);
  expect(stdout).toContain('No pair of runs has figures to compare');
  expect(stderr).toMatch(/FAILED http, pair 1, base-\w+: base-\w+ did not start:/);
  expect(stderr).toContain('this commit was a bad idea');
  expect(project.leftovers).toEqual(nothing);
}, 60_000);

test('explains which commits it cannot take', async () => {
  const project = tBenchedProject();
  const unknown = await project.bench('--against', 'no-such-branch').ended;
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain('git knows no commit "no-such-branch".');
  project.files.git('rm', '--quiet', '--cached', program);
  project.files.git('commit', '--quiet', '--message', 'Nothing to run');
  const empty = await project.bench('--against', 'HEAD').ended;
  expect(empty.status).toBe(2);
  expect(empty.stderr).toMatch(/HEAD \(\w+\) has no src\/main\.ts: its service cannot be run from here\./);
  expect(project.leftovers).toEqual(nothing);
}, 60_000);
