/** The tree of modules is the tree of the schema. */
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { readTypeDefs } from '../../src/schema/schema.ts';
import { tFolder } from '../support/schema-project.ts';

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

test('a file that does not parse is named, with its line: nothing starts with it', () => {
  const folder = tFolder();
  folder.write('one.graphql', 'type Query {\n  one: Int\n}\n');
  folder.write('two.graphql', 'type Two {\n  two Int\n}\n');
  const read = () => readTypeDefs(pathToFileURL(`${folder.root}/`));
  expect(read).toThrow('schema/two.graphql:2 Syntax Error: Expected ":", found Name "Int".');
});
