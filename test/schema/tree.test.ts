/** The tree of modules is the tree of the schema. */
import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const list = (folder: string) =>
  readdirSync(new URL(`../../${folder}/`, import.meta.url), { withFileTypes: true });

/** Holds what all others build on: scalars, directives, the empty root types. */
const base = 'base';

test('each SDL file has its module and its test, and no module is without SDL', () => {
  const described = list('schema')
    .filter(({ name }) => name.endsWith('.graphql'))
    .map(({ name }) => name.replace(/\.graphql$/, ''))
    .filter((name) => name !== base);
  const modules = list('src/modules').filter((entry) => entry.isDirectory());
  expect(modules.map(({ name }) => name).sort()).toEqual(described.sort());
  const tests = list('test/modules').map(({ name }) => name);
  expect(tests).toEqual(expect.arrayContaining(described.map((name) => `${name}.test.ts`)));
});

test('each module has its resolvers', () => {
  for (const { name } of list('src/modules').filter((entry) => entry.isDirectory()))
    expect(list(`src/modules/${name}`).map((file) => file.name)).toContain('resolvers.ts');
});
