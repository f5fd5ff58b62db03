/** Proves with what a review compares: that git is asked rightly, and that what it cannot say is not taken for nothing. */
import { expect, test } from '@jest/globals';
import { readSdlFilesAt, resolveBase } from '../../src/cli/schema-check/git.ts';
import { tFolder } from '../support/schema-project.ts';

function tRepository() {
  const project = tFolder();
  project.git('init', '--quiet', '--initial-branch', 'main');
  project.write('schema/camión.graphql', 'type Camion {\n  placa: String\n}\n');
  project.commit('The schema as it is');
  return project;
}

test('a file whose name has an accent is read like any other', () => {
  const { root } = tRepository();
  const base = resolveBase(root);
  if (!('commit' in base)) throw new Error(base.reason);
  expect(readSdlFilesAt(root, base.commit)).toMatchObject([{ path: 'schema/camión.graphql' }]);
});

test('a clone that is too shallow to know where the branch left is compared with nothing', () => {
  const project = tRepository();
  project.git('checkout', '--quiet', '-b', 'change');
  project.git('commit', '--quiet', '--allow-empty', '--message', 'Of the branch');
  project.git('checkout', '--quiet', 'main');
  project.git('commit', '--quiet', '--allow-empty', '--message', 'Of others');
  project.git('checkout', '--quiet', 'change');
  const clone = (...options: readonly string[]) => {
    const folder = tFolder();
    folder.git('clone', '--quiet', ...options, `file://${project.root}`, '.');
    return folder.root;
  };
  const reason =
    'this clone is too shallow to know where this branch left origin/main: git fetch --unshallow';
  const shallow = clone('--depth', '1', '--no-single-branch');
  expect(resolveBase(shallow)).toEqual({ reason });
  expect(() => resolveBase(shallow, 'origin/main')).toThrow(`--base is "origin/main", and ${reason}.`);
  expect(resolveBase(clone())).toMatchObject({ commit: project.git('merge-base', 'main', 'change') });
});

test('a repository that git refuses to look at is told from one that is not there', () => {
  const refused = tFolder();
  refused.git('init', '--quiet');
  refused.write('.git/config', '[core');
  expect(resolveBase(refused.root)).toEqual({
    reason: expect.stringMatching(/^git refuses: fatal: bad config/) as unknown,
  });
  expect(resolveBase(tFolder().root)).toEqual({ reason: 'git knows no repository here' });
});
