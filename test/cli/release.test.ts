/** Proves that `npm run release` makes a release or changes nothing, in a real git repository with real npm scripts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { tFolder, type Outcome, type SchemaProject } from '../support/schema-project.ts';

const program = 'src/cli/release.ts';
const ours = resolve(import.meta.dirname, '../..');
const sbom = `node ${join(ours, 'src/cli/sbom.ts')}`;
/** npm is started several times. */
const timeoutMs = 120_000;

const changelog = `# Changelog

Kept by hand.

## Unreleased

### Added

- A board.

## 1.2.0

The first.
`;
const kustomization = 'k8s/overlays/production/kustomization.yaml';
const chart = 'k8s/chart/Chart.yaml';
const written = [
  ...['CHANGELOG.md', 'docs/deployment.md', chart, kustomization, 'package-lock.json', 'package.json'],
];

interface Scripts {
  readonly check?: string;
  readonly sbom?: string;
}

/** A package at 1.2.0 on main, with one commit since its tag. */
function tPackage(scripts: Scripts = {}): SchemaProject {
  const project = tFolder();
  const names = { name: 'project', version: '1.2.0' };
  const all = { check: 'echo checked >> checks.log', sbom, ...scripts };
  project.write('package.json', `${JSON.stringify({ ...names, license: 'MIT', scripts: all }, null, 2)}\n`);
  const lock = {
    ...names,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { ...names, license: 'MIT' } },
  };
  project.write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
  project.write('CHANGELOG.md', changelog);
  project.write(kustomization, 'images:\n  - name: project\n    newTag: 1.2.0\n');
  project.write(chart, 'version: 1.2.0\nappVersion: 1.2.0\n');
  project.write('docs/deployment.md', 'docker build --tag project:1.2.0 . # not 11.2.0\n');
  project.write('.gitignore', 'dist/\n*.log\n');
  project.git('init', '--quiet', '--initial-branch', 'main');
  for (const [name, value] of [
    ['user.name', 'Ana'],
    ['user.email', 'ana@example.org'],
    ['commit.gpgsign', 'false'],
    ['tag.gpgsign', 'false'],
  ] as const)
    project.git('config', name, value);
  project.commit('Begin');
  project.git('tag', '--annotate', '--message', '1.2.0', 'v1.2.0');
  project.write('board.html', '<p>');
  project.commit('Show _entities* on a `board_page`');
  return project;
}

const release = (project: SchemaProject, ...args: readonly string[]): Promise<Outcome> =>
  project.run(program, args);

/** Everything that a release could leave behind. */
const stateOf = (project: SchemaProject) => ({
  head: project.git('rev-parse', 'HEAD'),
  tags: project.git('tag'),
  changes: project.git('status', '--porcelain'),
});

describe('a release', () => {
  test(
    'is a version, a section, a list of what ships, a commit and an annotated tag',
    async () => {
      const project = tPackage();
      const before = project.git('rev-parse', '--short', 'HEAD');
      const { status, stdout, stderr } = await release(project, 'minor');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain('git push --follow-tags origin main');
      expect(project.read('checks.log')).toBe('checked\n');

      for (const path of ['package.json', 'package-lock.json'])
        expect(JSON.parse(project.read(path))).toMatchObject({ version: '1.3.0' });
      expect(project.read(kustomization)).toContain('newTag: 1.3.0\n');
      expect(project.read(chart)).toBe('version: 1.3.0\nappVersion: 1.3.0\n');
      expect(project.read('docs/deployment.md')).toBe('docker build --tag project:1.3.0 . # not 11.2.0\n');
      const notes = `### Added

- A board.

### Commits

- Show \\_entities\\* on a \`board_page\` (${before})
`;
      const text = project.read('CHANGELOG.md').replace(/^(## 1\.3\.0) - \d{4}-\d\d-\d\d$/m, '$1 - DAY');
      expect(text).toBe(
        changelog.replace(
          /## Unreleased[^]*?(?=## 1\.2\.0)/,
          `## Unreleased\n\n## 1.3.0 - DAY\n\n${notes}\n`,
        ),
      );
      const bill = JSON.parse(project.read('dist/sbom.cdx.json')) as { metadata: { component: object } };
      expect(bill.metadata.component).toMatchObject({ name: 'project', version: '1.3.0' });

      expect(project.git('log', '-1', '--format=%s')).toBe('Release 1.3.0');
      expect(project.git('show', '--name-only', '--format=').split('\n').sort()).toEqual(written);
      expect(project.git('cat-file', '-t', 'v1.3.0')).toBe('tag');
      expect(project.git('rev-parse', 'v1.3.0^{commit}')).toBe(project.git('rev-parse', 'HEAD'));
      expect(project.git('tag', '--list', '--format=%(contents)', 'v1.3.0')).toBe(`1.3.0\n\n${notes}`.trim());
      expect(project.git('status', '--porcelain')).toBe('');
    },
    timeoutMs,
  );

  test(
    'follows the one before, with its own commits alone',
    async () => {
      const project = tPackage();
      expect(await release(project, 'minor', '--skip-check')).toMatchObject({ status: 0 });
      project.write('board.html', '<h1>');
      project.commit('Make it larger');
      expect(await release(project, '2.0.0', '--skip-check')).toMatchObject({ status: 0 });
      const section = /## 2\.0\.0[^]*?(?=## 1\.3\.0)/.exec(project.read('CHANGELOG.md'))![0];
      expect(section).toContain('- Make it larger (');
      expect(section).not.toMatch(/board_page|A board|Release 1/);
      expect(project.git('describe')).toBe('v2.0.0');
    },
    timeoutMs,
  );

  test('with --dry-run changes nothing', async () => {
    const project = tPackage();
    const before = stateOf(project);
    const { status, stdout } = await release(project, 'patch', '--dry-run');
    expect(status).toBe(0);
    for (const part of [
      'npm run check',
      'write 1.2.1 instead of 1.2.0',
      'tag v1.2.1',
      '- A board.',
      'board_page',
    ])
      expect(stdout).toContain(part);
    expect(stateOf(project)).toEqual(before);
    expect(() => project.read('checks.log')).toThrow();
  });
});

describe('nothing is released, and nothing changed,', () => {
  const refusals: readonly [string, (project: SchemaProject) => void, string, string][] = [
    ['from another branch', (project) => project.git('checkout', '-qb', 'side'), 'minor', 'this is side.'],
    ['from no branch', (project) => project.git('checkout', '-q', '--detach'), 'minor', 'this is no branch.'],
    ['with a changed file', (project) => project.write('board.html', ''), 'minor', ' M board.html'],
    ['with a new file', (project) => project.write('new.txt', ''), 'minor', '?? new.txt'],
    [
      'as a version that has a tag',
      (project) => project.git('tag', 'v1.2.1'),
      'patch',
      'The tag v1.2.1 exists.',
    ],
    ['as the current version', () => {}, '1.2.0', '1.2.0 is not newer than 1.2.0'],
    ['as an older version', () => {}, '1.1.9', '1.1.9 is not newer than 1.2.0'],
    [
      'where nothing happened',
      (project) => project.git('reset', '--hard', '--quiet', 'v1.2.0'),
      'minor',
      'There is no commit since v1.2.0.',
    ],
  ];

  test.each(refusals)('%s', async (_, prepare, wanted, reason) => {
    const project = tPackage();
    prepare(project);
    const before = stateOf(project);
    const { status, stderr } = await release(project, wanted);
    expect(stderr).toContain(reason);
    expect(status).toBe(1);
    expect(stateOf(project)).toEqual(before);
    expect(() => project.read('checks.log')).toThrow();
  });

  test.each([
    ['a changelog without "Unreleased"', 'CHANGELOG.md', '## Unreleased', '## Soon'],
    ['a changelog with the version', 'CHANGELOG.md', '## 1.2.0', '## 1.3.0 - 2026-01-01'],
    ['a file that names another version', kustomization, '1.2.0', '1.1.0'],
  ])('with %s', async (_, path, from, to) => {
    const project = tPackage();
    project.edit(path, from, to);
    project.commit('Change it by hand');
    const before = stateOf(project);
    const { status, stderr } = await release(project, 'minor', '--skip-check');
    expect(stderr).toContain(path);
    expect(status).toBe(1);
    expect(stateOf(project)).toEqual(before);
  });

  test.each([
    ['when the check fails', { check: 'exit 1' }, 'npm run check failed'],
    ['when something was changed meanwhile', { check: 'echo > board.html' }, 'M board.html'],
    [
      'when somebody committed meanwhile',
      { check: 'git commit --quiet --allow-empty --message More' },
      'There are new commits since the checks began.',
    ],
  ])('%s', async (_, scripts, reason) => {
    const project = tPackage(scripts);
    const { status, stderr } = await release(project, 'minor');
    expect(stderr).toContain(reason);
    expect(status).toBe(1);
    expect(project.git('tag')).toBe('v1.2.0');
    expect(project.read('package.json')).toContain('"version": "1.2.0"');
    expect(project.read('CHANGELOG.md')).toBe(changelog);
  });

  const hook = (name: string, text: string) => (project: SchemaProject) => {
    project.write(`.git/hooks/${name}`, `#!/bin/sh\n${text}\n`);
    chmodSync(join(project.root, '.git/hooks', name), 0o755);
  };
  test.each([
    ['what ships has a licence that nobody looked at', { sbom: 'exit 1' }, () => {}, 'npm run sbom failed'],
    ['git takes no commit', {}, hook('pre-commit', 'echo Not today >&2; exit 1'), 'Not today'],
    [
      'git takes no tag',
      {},
      hook('reference-transaction', '[ "$1" = prepared ] && grep -q refs/tags/ && exit 1; exit 0'),
      'git tag failed',
    ],
  ])('where %s', async (_, scripts, prepare, reason) => {
    const project = tPackage(scripts);
    prepare(project);
    const before = stateOf(project);
    const { status, stderr } = await release(project, 'minor', '--skip-check');
    expect(stderr).toContain(reason);
    expect(status).toBe(1);
    expect(stateOf(project)).toEqual(before);
    expect(project.read('CHANGELOG.md')).toBe(changelog);
  });
});

test('Ctrl-C in the middle leaves nothing of a release', async () => {
  // As a terminal does, it tells all processes of its group.
  const project = tPackage({ sbom: 'kill -INT 0; sleep 30' });
  const before = stateOf(project);
  const args = [join(ours, program), 'minor', '--skip-check'];
  const child = spawn(process.execPath, args, { cwd: project.root, detached: true, stdio: 'ignore' });
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status).toBe(1);
  expect(stateOf(project)).toEqual(before);
  expect(project.read('CHANGELOG.md')).toBe(changelog);
});

describe('the command', () => {
  test('explains itself on one screen', async () => {
    const { status, stdout } = await release(tFolder(), '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('npm run release -- minor');
    expect(stdout.split('\n').length).toBeLessThanOrEqual(25);
  });

  test.each([
    [[], 'One of major, minor, patch or a version is needed.'],
    [['minor', 'patch'], 'One of major, minor, patch or a version is needed.'],
    [['1.2'], '"1.2" is neither major, minor, patch nor a version such as 1.4.0.'],
    [['v1.3.0'], '"v1.3.0" is neither'],
    [['1.3.0-rc.1'], '"1.3.0-rc.1" is neither'],
    [['minor', '--force'], "Unknown option '--force'"],
  ])('does not take %j', async (args, problem) => {
    const { status, stdout, stderr } = await release(tPackage(), ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(problem);
  });
});

test('this project can be released: its changelog and all that names its version are as a release expects them', async () => {
  const project = tFolder();
  for (const path of [...written, '.prettierrc']) {
    mkdirSync(dirname(join(project.root, path)), { recursive: true });
    copyFileSync(join(ours, path), join(project.root, path));
  }
  project.git('init', '--quiet', '--initial-branch', 'main');
  project.commit('As it is');
  const { status, stdout, stderr } = await release(project, 'major', '--dry-run');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('- As it is (');
});
