/** Proves that lint refuses each import between folders of src/ that eslint.rooms.js does not allow, and no other. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { complaintsAbout, refusedImports, root } from '../support/import-arrows.ts';

type Rooms = Readonly<Record<string, readonly string[]>>;
const { rooms } = (await import(join(root, 'eslint.rooms.js'))) as { rooms: Rooms };
const names = Object.keys(rooms);

const foldersOf = (folder: string) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

const filesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

/** Implementations, which only composition/ may import. */
const implementations = filesOf('src').filter((path) =>
  /^src\/(stores\/(redis-connections|[^/]+\/(redis|memory))|db\/(postgres\/postgres|sqlite\/sqlite))\.ts$/.test(
    path,
  ),
);

/** A file of the folder that may be imported by every folder that may import this folder at all. */
const openFileOf = (room: string) => {
  const closed = new Set([...implementations, 'src/lib/errors.ts']);
  return filesOf(`src/${room}`).find((path) => !closed.has(path))!;
};

test('each folder of src/ is in the list, and imports only folders above it', () => {
  expect([...names].sort()).toEqual(foldersOf('src'));
  for (const [index, [room, allowed]] of Object.entries(rooms).entries()) {
    // The types that generated code names are the documented exception.
    if (room === 'generated') continue;
    expect({ room, above: allowed.filter((other) => names.indexOf(other) >= index) }).toEqual({
      room,
      above: [],
    });
  }
});

describe.each(names)('a file of %s/', (room) => {
  const others = names.filter((name) => name !== room);
  const allowed = new Set(rooms[room]);
  const forbidden = others.filter((name) => !allowed.has(name)).map(openFileOf);

  test.each(['added.ts', 'deeper/added.ts'])(
    'named %s may import the rooms it should, and no others',
    async (name) => {
      const entrances = ['src/app.ts', 'src/main.ts'];
      const imports = [...names.map(openFileOf), ...entrances];
      expect(await refusedImports(`src/${room}/${name}`, imports)).toEqual([...forbidden, ...entrances]);
    },
  );

  test('may import an implementation only where one is picked or made', async () => {
    const isTheirs = ['composition', 'stores', 'db'].includes(room);
    const imports = implementations.filter((path) => !isTheirs || allowed.has(path.split('/')[1]!));
    expect(await refusedImports(`src/${room}/added.ts`, imports)).toEqual(isTheirs ? [] : implementations);
  });
});

test('the composition root picks no implementation itself', async () => {
  expect(implementations.length).toBeGreaterThan(10);
  for (const file of ['src/app.ts', 'src/main.ts'])
    expect(await refusedImports(file, implementations)).toEqual(implementations);
});

describe.each(['modules', 'transports'])('in %s/', (room) => {
  const folders = foldersOf(`src/${room}`);
  const fileOf = (folder: string) => filesOf(`src/${room}/${folder}`)[0]!;

  test.each(folders)('a file of %s/ imports no other folder', async (folder) => {
    for (const name of ['added.ts', 'deeper/added.ts'])
      expect(await refusedImports(`src/${room}/${folder}/${name}`, folders.map(fileOf))).toEqual(
        folders.filter((other) => other !== folder && other !== 'http-stream').map(fileOf),
      );
  });
});

test('a module may import a file beside the modules only if that file imports no module', async () => {
  const imports = ['src/modules/changed-since.ts', 'src/modules/index.ts', 'src/modules/loaders.ts'];
  expect(await refusedImports('src/modules/dispatch/added.ts', imports)).toEqual(imports.slice(1));
});

test('a transport may import the files beside the transports, except their list', async () => {
  const beside = readdirSync(join(root, 'src/transports'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/transports/${name}`);
  expect(await refusedImports('src/transports/sse/added.ts', beside)).toEqual([
    'src/transports/transports.ts',
  ]);
});

test('of the folders below the modules, only the context may import their types', async () => {
  const loaders = ['src/modules/loaders.ts'];
  expect(await refusedImports('src/schema/context.ts', loaders)).toEqual([]);
  expect(await refusedImports('src/schema/added.ts', loaders)).toEqual(loaders);
});

test('realtime/ throws errors of its own, and knows none of GraphQL', async () => {
  const errors = ['src/lib/errors.ts'];
  for (const name of ['added.ts', 'deeper/added.ts'])
    expect(await refusedImports(`src/realtime/${name}`, errors)).toEqual(errors);
  expect(await refusedImports('src/operations/added.ts', errors)).toEqual([]);
});

test('what codegen writes keeps to the rooms, though lint passes over it', async () => {
  expect(await complaintsAbout('src/generated/*.ts')).toEqual([]);
});
