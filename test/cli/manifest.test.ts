/** Proves that a manifest has the operations of a frontend as its clients send them, and that a change of the schema is held to it. */
import { expect, test } from '@jest/globals';
import { gql, InMemoryCache } from '@apollo/client';
import { print } from 'graphql';
import { sha256, tFileOf } from '../support/documents.ts';
import { tFolder, tProjectCopy } from '../support/schema-project.ts';

const observaciones = '  "Free text for the crew; null where there is none."\n  observaciones: String\n';
const card = 'fragment Card on Dispatch { id estado ...Place }';
const sources = {
  'src/place.graphql': 'fragment Place on Dispatch { origen { direccion } }',
  'src/card.ts': `import { gql } from '@apollo/client';\nexport const CARD = gql\`${card}\`;`,
  'src/board.tsx': [
    "import { CARD } from './card';",
    'export const BOARD = gql`',
    '  query Board { despachos { ...Card } }',
    '  ${CARD}',
    '`;',
    "const other = '{ despachos { id } }';",
  ].join('\n'),
  'README.md': '```graphql\nquery Documented { despachos { id } }\n```',
};

interface Entry {
  readonly id: string;
  readonly body: string;
  readonly name: string;
  readonly type: string;
}

function tFrontend(files: Readonly<Record<string, string>> = sources) {
  const folder = tFolder();
  for (const [path, text] of Object.entries(files)) folder.write(path, text);
  const make = (...args: readonly string[]) => folder.run('src/cli/manifest.ts', args);
  return { folder, make };
}

test('each operation stands in it with its fragments, as Apollo Client sends it', async () => {
  const { make } = tFrontend();
  const { status, stdout, stderr } = await make('.');
  const { operations } = JSON.parse(stdout) as { readonly operations: readonly Entry[] };
  expect([status, operations.map(({ name, type }) => [name, type])]).toEqual([0, [['Board', 'query']]]);
  expect(stderr).toContain('left out, since it has no name: src/board.tsx:6\n1 operation\n');
  const document = gql`
    query Board {
      despachos {
        ...Card
      }
    }
    fragment Card on Dispatch {
      id
      estado
      ...Place
    }
    fragment Place on Dispatch {
      origen {
        direccion
      }
    }
  `;
  const [{ id, body }] = operations as [Entry];
  expect(body).toBe(print(new InMemoryCache().transformDocument(document)));
  expect(id).toBe(sha256(body));
});

test("in Relay's format it is the texts by their ids, and as they stand if that is wanted", async () => {
  const { folder, make } = tFrontend();
  const { status } = await make('src', '--format', 'relay', '--no-typenames', '--out', 'made.json');
  const made = JSON.parse(folder.read('made.json')) as Record<string, string>;
  const [[id, text]] = Object.entries(made) as [[string, string]];
  expect([status, id, text.includes('__typename')]).toEqual([0, sha256(text), false]);
});

test('two of a name that differ are refused, and a fragment that stands nowhere', async () => {
  const { make } = tFrontend({
    'a.graphql': 'query A { despachos { id } }\nquery B { despachos { ...Missing } }',
    'b.graphql': '\nquery A { despachos { estado } }',
  });
  expect(await make('.')).toMatchObject({
    status: 1,
    stdout: '',
    stderr:
      'b.graphql:2: A is another one than at a.graphql:1.\na.graphql:2: B uses the fragment Missing, which stands nowhere.\n',
  });
});

test('what cannot be read is no less than missing: of a file it is refused, of a tagged text it is said', async () => {
  const live = 'export const LIVE = gql`subscription Live { ${fieldOf(kind)} }`;';
  const { folder, make } = tFrontend({
    ...sources,
    'src/live.ts': `\n${live}`,
    'src/page.md': '```graphql\n{\n```',
  });
  const made = await make('.');
  expect(made).toMatchObject({ status: 0 });
  expect(made.stderr).toContain('left out, since it cannot be read: src/live.ts:2 Syntax Error: ');
  folder.write('src/crew.graphql', 'query Crew {\n  despachos {\n');
  expect(await make('.')).toEqual({
    ...{ status: 1, stdout: '' },
    stderr: 'src/crew.graphql:3 Syntax Error: Expected Name, found <EOF>.\n',
  });
});

test('the wrong folder makes no manifest, with which nothing would be allowed', async () => {
  const { make } = tFrontend({ 'src/a.ts': "const nameless = '{ despachos { id } }';" });
  expect(await make('src')).toMatchObject({
    ...{ status: 1, stdout: '' },
    stderr: expect.stringContaining('src has no operation with a name.') as unknown,
  });
});

test('a command line that cannot be used is refused', async () => {
  const { make } = tFrontend();
  expect((await make()).stderr).toContain('One folder with sources is needed.');
  expect((await make('README.md')).stderr).toContain('README.md is no folder.');
  expect((await make('nowhere')).stderr).toContain('there is no such file or folder');
  expect((await make('.', '--format', 'x')).stderr).toContain('Allowed: apollo, relay.');
});

test('a change that breaks an operation of a manifest may not be released', async () => {
  const project = tProjectCopy();
  const manifest = tFileOf({ a: 'query Crew { despachos { observaciones } }' });
  const review = () => project.run('src/cli/schema-check.ts', ['--base', 'main', '--manifest', manifest]);
  project.edit('schema/dispatch.graphql', observaciones, '');
  const { status, stdout } = await review();
  expect(status).toBe(1);
  expect(stdout).toContain('`query Crew`');
  const bad = await project.run('src/cli/schema-check.ts', ['--manifest', tFileOf('[]')]);
  expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('is no JSON object')]);
}, 240_000);
