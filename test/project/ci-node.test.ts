/** Proves that `.ci/run` runs on the Node that it was asked for, and not on the one of node_modules. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { tFolder, type Outcome, type SchemaProject } from '../support/schema-project.ts';

const running = process.versions.node.split('.')[0]!;
const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);

/** A package with a Node that says that its version is 99; npm puts it before the machine's Node. */
const ownNode = `#!/bin/sh
case "$*" in *process.versions.node*) echo 99 ;; *) exec '${process.execPath}' "$@" ;; esac
`;

const report = `
import { writeFileSync } from 'node:fs';
const [, file] = process.argv.at(-1).split('=');
writeFileSync(file, JSON.stringify({ numPassedTests: 1, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }));
`;

/** A project whose scripts record the Node that runs them. */
function tProject(): SchemaProject {
  const project = tFolder();
  cpSync(resolve(import.meta.dirname, '../../.ci'), join(project.root, '.ci'), { recursive: true });
  const note = 'command -v node >> seen';
  project.write('report.mjs', report);
  project.write('own-node/package.json', JSON.stringify({ name: 'own-node', version: '1.0.0', bin: 'node' }));
  project.write('own-node/node', ownNode);
  chmodSync(join(project.root, 'own-node/node'), 0o755);
  const manifest = {
    name: 'project',
    version: '1.0.0',
    dependencies: { 'own-node': 'file:own-node' },
  };
  const scripts = {
    ...{ check: note, test: `${note} && node report.mjs` },
    ...{ 'test:image': 'node report.mjs', 'test:nginx': 'node report.mjs' },
  };
  const packages = {
    '': manifest,
    'node_modules/own-node': { resolved: 'own-node', link: true },
    'own-node': { version: '1.0.0', bin: { node: 'node' } },
  };
  project.write('package.json', JSON.stringify({ ...manifest, scripts }));
  project.write('package-lock.json', JSON.stringify({ ...manifest, lockfileVersion: 3, packages }));
  return project;
}

function run(project: SchemaProject, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = spawn(join(project.root, '.ci/run'), {
    env: { PATH: path, HOME: project.root, npm_config_offline: 'true', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const { promise, resolve: end, reject } = Promise.withResolvers<Outcome>();
  child.once('error', reject);
  child.once('close', (status) => end({ status, stdout, stderr }));
  return promise;
}

test.each([
  ['unless told otherwise, the Node that npm brings', {}],
  ['the same where it is the one that was asked for', { NODE_MAJOR: '99' }],
])('%s runs everything', async (_, env) => {
  const project = tProject();
  const { status, stdout } = await run(project, env);
  expect(stdout).toMatch(/^3 passed, 0 failed$/m);
  expect(status).toBe(0);
  const own = join(project.root, 'node_modules/.bin/node');
  expect(project.read('seen').trim().split('\n')).toEqual([own, own]);
});

test('the Node of the machine runs everything when it is asked for', async () => {
  const project = tProject();
  const { status, stdout } = await run(project, { NODE_MAJOR: running });
  expect(stdout).toMatch(/^3 passed, 0 failed$/m);
  expect(status).toBe(0);
  const seen = project.read('seen').trim().split('\n');
  expect(seen).toHaveLength(2);
  for (const program of seen) expect(program).not.toContain(project.root);
});

test('it fails when that Node is not installed, and does not run on another', async () => {
  const project = tProject();
  const { status, stdout, stderr } = await run(project, { NODE_MAJOR: '98' });
  expect(stderr).toContain(`NODE_MAJOR is 98, and the Node on the PATH is ${process.version}.`);
  expect(stdout).toMatch(/^0 passed, 1 failed$/m);
  expect(status).toBe(1);
  expect(() => project.read('seen')).toThrow();
});
