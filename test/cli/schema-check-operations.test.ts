/** Proves which operations of a repository are found, what they use, and which are no longer valid. */
import { describe, expect, test } from '@jest/globals';
import type { SchemaChange } from '../../src/cli/schema-check/changes/change.ts';
import { findOperations } from '../../src/cli/schema-check/operations/find-operations.ts';
import { parseSdl } from '../../src/cli/schema-check/sdl.ts';
import { indexUses, usersOf } from '../../src/cli/schema-check/operations/uses.ts';
import { validateOperations } from '../../src/cli/schema-check/operations/validate-operations.ts';
import { tFolder } from '../support/schema-project.ts';

const sdl = `type Query { dispatch(id: ID!): Dispatch despachos(estado: Estado): [Dispatch!]! }
type Mutation { crear(input: Nuevo!): Dispatch! }
type Dispatch { id: ID! estado: Estado! observaciones: String }
enum Estado { PENDIENTE ASIGNADO }
input Nuevo { zona: String observaciones: String estado: Estado }`;

function tRepositoryOf(files: Readonly<Record<string, string>>) {
  const project = tFolder();
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return findOperations(project.root);
}

const schemaOf = (text: string) => parseSdl([{ path: 'schema/all.graphql', text }]).served;

describe('operations are found', () => {
  const placesOf = ({ operations }: ReturnType<typeof findOperations>) =>
    operations.map(({ label, at, origin }) => `${label} ${at.file}:${at.line} ${origin}`);

  test('in Markdown, GraphQL and code alike', () => {
    const markdown = [
      '# Board',
      '```graphql',
      'query Board { despachos { id } }',
      '```',
      '- in a list',
      '  ```ts',
      '  client.iterate({ query: `subscription Live { x }` });',
      '  ```',
      '````text',
      '```graphql',
      'query Quoted { x }',
      '```',
      '````',
      '```graphql not-checked',
      'query Left { out }',
      '```',
      '```graphql',
      'type Dispatch { id: ID! }',
      '```',
      '```sh',
      "curl -d '{ despachos }'",
      '```',
    ].join('\n');
    const found = tRepositoryOf({
      'README.md': markdown,
      'examples/app/board.graphql': 'mutation { crear(input: {}) { id } }',
      'node_modules/x/index.js': "'query Other { x }'",
      'schema/dispatch.graphql': 'type Query { a: Int }',
      '.github/page.md': '```graphql\nquery Hidden { x }\n```',
    });
    expect(placesOf(found)).toEqual([
      'query Board README.md:3 documentation',
      'subscription Live README.md:7 documentation',
      'mutation { crear } examples/app/board.graphql:1 documentation',
    ]);
    expect(found.unreadable).toEqual([]);
  });

  test('in TypeScript, with the constants of the file inserted, and no other texts', () => {
    const code = [
      "const fields = 'id estado';",
      'const fragment = `fragment Row on Dispatch {',
      '  ${fields}',
      '}`;',
      'export const board = `',
      '  query Board { despachos { ...Row } }',
      '  ${fragment}`;',
      "const both = 'query Sum { ' + 'despachos { id } }';",
      'const unknown = `query Unknown { ${process.argv[2]} }`;',
      "const words = 'query this, please';",
      "const braces = '{ not, json: }';",
      'const itself = `query ${itself}`;',
    ].join('\n');
    expect(placesOf(tRepositoryOf({ 'src/board.ts': code }))).toEqual([
      'fragment Row src/board.ts:2 code',
      'query Board src/board.ts:5 code',
      'query Sum src/board.ts:8 code',
    ]);
  });

  test('and code blocks and files that are not GraphQL are reported', () => {
    const { unreadable } = tRepositoryOf({
      'docs/page.md': 'text\n\n```graphql\nquery {\n  a(\n}\n```\n',
      'src/board.graphql': 'query Board {\n  a(\n}\n',
      'test/refused.ts': 'const refused = gql`query Refused { a( }`;',
    });
    const message = 'Syntax Error: Expected Name, found "}".';
    expect(unreadable).toEqual([
      { at: { file: 'docs/page.md', line: 6 }, message },
      { at: { file: 'src/board.graphql', line: 3 }, message },
    ]);
  });
});

describe('a part of the schema is used by', () => {
  const { operations } = tRepositoryOf({
    'README.md':
      '```graphql\nquery Read($e: Estado) {\n  despachos(estado: $e) {\n    observaciones\n  }\n}\n```\n',
    'src/write.ts':
      '`mutation Write { crear(input: { zona: "N" }) { id } }`;\n`mutation Pass($i: Nuevo!) { crear(input: $i) { id } }`;',
    'test/old.ts': "'{ despachos(estado: ASIGNADO) { id gone { id } } }'",
    'test/sees.ts': "'query Sees { despachos { __typename estado } }'",
  });
  const fleet = {
    name: 'fleet',
    url: 'http://fleet.test',
    path: 'fleet.graphql',
    sdl: 'type Vehicle { id: ID! }\nextend type Dispatch @key(fields: "id") {\n  id: ID!\n}\n',
  };
  const uses = indexUses([schemaOf(sdl)], operations, [fleet]);

  test.each([
    ['FIELD_REMOVED', 'Dispatch.observaciones', ['`query Read` README.md:4']],
    // Operations do not use keys: only other subgraphs do.
    ['KEY_REMOVED', 'Dispatch @key(fields: "id")', ['subgraph `fleet` fleet.graphql:2']],
    ['FIELD_REMOVED', 'Dispatch.estado', ['`query Sees` test/sees.ts:1']],
    ['FIELD_REMOVED', 'Dispatch.folio', []],
    [
      'FIELD_ARGUMENT_REMOVED',
      'Query.despachos.estado',
      ['`query Read` README.md:3', '`query { despachos }` test/old.ts:1'],
    ],
    // Users of the field do not pass the argument that is now required.
    [
      'FIELD_ARGUMENT_ADDED',
      'Query.despachos.zona',
      ['`query Read` README.md:3', '`query { despachos }` test/old.ts:1', '`query Sees` test/sees.ts:1'],
    ],
    // A variable may carry any field of an input, and any value of an enum.
    [
      'INPUT_FIELD_REMOVED',
      'Nuevo.zona',
      ['`mutation Write` src/write.ts:1', '`mutation Pass` src/write.ts:2'],
    ],
    ['INPUT_FIELD_REMOVED', 'Nuevo.observaciones', ['`mutation Pass` src/write.ts:2']],
    [
      'INPUT_FIELD_ADDED',
      'Nuevo.folio',
      ['`mutation Write` src/write.ts:1', '`mutation Pass` src/write.ts:2'],
    ],
    [
      'INPUT_FIELD_DEFAULT_VALUE_CHANGED',
      'Nuevo.observaciones',
      ['`mutation Write` src/write.ts:1', '`mutation Pass` src/write.ts:2'],
    ],
    ['INPUT_FIELD_DEFAULT_VALUE_CHANGED', 'Nuevo.zona', ['`mutation Pass` src/write.ts:2']],
    // Whoever passes an argument does not get its default.
    ['FIELD_ARGUMENT_DEFAULT_CHANGED', 'Query.despachos.estado', ['`query Sees` test/sees.ts:1']],
    [
      'ENUM_VALUE_REMOVED',
      'Estado.ASIGNADO',
      ['`query { despachos }` test/old.ts:1', '`query Read` README.md:2', '`mutation Pass` src/write.ts:2'],
    ],
    // Whoever passes values is sent none.
    ['ENUM_VALUE_ADDED', 'Estado.PERDIDO', ['`query Sees` test/sees.ts:1']],
    // Whoever selects it without its name gets what they asked for.
    ['TYPE_REMOVED', 'Dispatch', ['subgraph `fleet` fleet.graphql:2', '`query Sees` test/sees.ts:1']],
  ])('%s of %s: %j', (kind, path, users) => {
    const found = usersOf({ kind, path } as SchemaChange, uses);
    expect(found.map(({ label, at }) => `${label} ${at.file}:${at.line}`)).toEqual(users);
  });
});

describe('operations hold', () => {
  const before = schemaOf(sdl);
  const after = schemaOf(sdl.replace('observaciones: String }\nenum', '}\nenum'));
  const { operations } = tRepositoryOf({
    'README.md': '```graphql\nquery Read { despachos { observaciones } }\n```\n',
    'docs/fleet.md': '```graphql\nquery Fleet { vehicles { id } }\n```\n',
    'src/app.ts': "'query App { despachos { observaciones } }'",
    'test/errors.ts': "'query Wrong { nothing }'",
    'test/gateway.ts': "'query Joined { vehicles { dispatch { observaciones } } }'",
  });
  const supergraph = (dispatch: string) =>
    schemaOf(`type Query { vehicles: [Vehicle] } type Vehicle { id: ID dispatch: Dispatch } ${dispatch}`);
  const schemasBefore = [before, supergraph('type Dispatch { observaciones: String }')];
  const schemasAfter = [after, supergraph('type Dispatch { id: ID }')];

  test('in this service or in the supergraph; tests may ask for what there is not', () => {
    const verdict = validateOperations(operations, { schemas: schemasBefore, before: schemasBefore });
    expect(verdict).toEqual({ validCount: 4, invalid: [], foreignCount: 1 });
  });

  test('unless a change breaks them, in documentation and in code', () => {
    const { invalid } = validateOperations(operations, { schemas: schemasAfter, before: schemasBefore });
    expect(invalid.map(({ label }) => label)).toEqual(['query Read', 'query App', 'query Joined']);
  });

  test('or are invalid where graphql-js throws at them', () => {
    const schema = schemaOf('type Query { a: Int } type Subscription { seen: Int }');
    const found = tRepositoryOf({
      'README.md': '```graphql\nsubscription ($v: Boolean!) { seen @include(if: $v) }\n```\n',
    });
    const { invalid } = validateOperations(found.operations, { schemas: [schema], before: [] });
    expect(invalid.map(({ at, message }) => [at.file, message])).toEqual([
      ['README.md', expect.stringContaining('"if"')],
    ]);
  });

  test('without a base, documentation alone has to hold', () => {
    const { invalid, foreignCount } = validateOperations(operations, { schemas: [after], before: [] });
    expect(invalid.map(({ label, at }) => `${label} ${at.file}`)).toEqual([
      'query Read README.md',
      'query Fleet docs/fleet.md',
    ]);
    expect(foreignCount).toBe(3);
  });
});
