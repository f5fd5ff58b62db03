/** Proves which changes of a schema are breaking, which are dangerous and which are safe. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { compareSdl } from '../../src/cli/schema-check/changes/compare.ts';
import { readSdlFilesAt, resolveBase } from '../../src/cli/schema-check/git.ts';
import { parseSdl } from '../../src/cli/schema-check/sdl.ts';
import { readSdlFiles } from '../../src/cli/supergraph/sdl-files.ts';
import { createRepository, type SchemaProject } from '../support/schema-project.ts';

const schema = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override", "@shareable", "@tag", "@inaccessible"])

directive @rateLimit(limit: Int!, duration: Int!) repeatable on FIELD_DEFINITION
directive @filter on ARGUMENT_DEFINITION
directive @live(after: String) on QUERY

"One dispatch."
type Dispatch @key(fields: "id") @key(fields: "folio zona") {
  "Identifies it."
  id: ID!
  folio: String!
  zona: String! @shareable
  estado: DispatchStatus!
  observaciones: String
  distanciaKm: Float
  numero: Int @deprecated(reason: "Use \`folio\`.")
  rastreo(limit: Int = 100): [Place!]!
}

enum DispatchStatus {
  PENDIENTE
  ASIGNADO
  CANCELADO
}

type Place {
  latitud: Float!
  direccion: String
}

input PlaceInput {
  latitud: Float!
  direccion: String
}

type Query {
  dispatch(id: ID!): Dispatch
  despachos(estado: DispatchStatus): [Dispatch!]!
  user: String @override(from: "autentificacion")
}

type Mutation {
  createDispatch(origen: PlaceInput!, destino: PlaceInput): Dispatch! @rateLimit(limit: 300, duration: 60)
}
`;

const path = 'schema/dispatch.graphql';
let project: SchemaProject;
beforeAll(() => {
  project = createRepository({ [path]: schema });
});
afterAll(() => project.remove());
afterEach(() => {
  project.remove('schema');
  project.write(path, schema);
});

async function review() {
  const base = resolveBase(project.root);
  if (!('commit' in base)) throw new Error(base.reason);
  const before = parseSdl(readSdlFilesAt(project.root, base.commit));
  return compareSdl(before, parseSdl(readSdlFiles(project.root)));
}

/** Each case: its name, a text of the base, what it becomes, and the change that must be found. */
type Case = readonly [what: string, from: string, to: string, change: string];

const breaking: readonly Case[] = [
  ['a field removed', '  observaciones: String\n', '', 'FIELD_REMOVED Dispatch.observaciones'],
  [
    'a deprecated field removed',
    '  numero: Int @deprecated(reason: "Use `folio`.")\n',
    '',
    'FIELD_REMOVED Dispatch.numero',
  ],
  [
    'an argument made required',
    'despachos(estado: DispatchStatus)',
    'despachos(estado: DispatchStatus!)',
    'FIELD_ARGUMENT_TYPE_CHANGED Query.despachos.estado',
  ],
  [
    'a new required argument',
    'dispatch(id: ID!)',
    'dispatch(id: ID!, zona: String!)',
    'FIELD_ARGUMENT_ADDED Query.dispatch.zona',
  ],
  [
    'an argument removed',
    'rastreo(limit: Int = 100)',
    'rastreo',
    'FIELD_ARGUMENT_REMOVED Dispatch.rastreo.limit',
  ],
  ['an enum value removed', '  CANCELADO\n', '', 'ENUM_VALUE_REMOVED DispatchStatus.CANCELADO'],
  ['another type', 'distanciaKm: Float', 'distanciaKm: String', 'FIELD_TYPE_CHANGED Dispatch.distanciaKm'],
  ['an output that may now be null', 'id: ID!\n  folio', 'id: ID\n  folio', 'FIELD_TYPE_CHANGED Dispatch.id'],
  [
    'an input that is now required',
    'destino: PlaceInput)',
    'destino: PlaceInput!)',
    'FIELD_ARGUMENT_TYPE_CHANGED Mutation.createDispatch.destino',
  ],
  [
    'a new required field of an input',
    'input PlaceInput {',
    'input PlaceInput {\n  zona: String!',
    'INPUT_FIELD_ADDED PlaceInput.zona',
  ],
  ['a key removed', ' @key(fields: "folio zona")', '', 'KEY_REMOVED Dispatch @key(fields: "folio zona")'],
  [
    'a key that no longer resolves',
    '@key(fields: "folio zona")',
    '@key(fields: "folio zona", resolvable: false)',
    'KEY_CHANGED Dispatch @key(fields: "folio zona")',
  ],
  ['a field no longer shared', ' @shareable', '', 'SHAREABLE_REMOVED Dispatch.zona @shareable'],
  [
    'an override removed',
    ' @override(from: "autentificacion")',
    '',
    'OVERRIDE_REMOVED Query.user @override(from: "autentificacion")',
  ],
  [
    'a field hidden from clients',
    'observaciones: String',
    'observaciones: String @inaccessible',
    'INACCESSIBLE_ADDED Dispatch.observaciones @inaccessible',
  ],
  [
    'a directive of operations removed',
    'directive @live(after: String) on QUERY\n',
    '',
    'DIRECTIVE_REMOVED @live',
  ],
];

const dangerous: readonly Case[] = [
  [
    'another default',
    'limit: Int = 100',
    'limit: Int = 50',
    'FIELD_ARGUMENT_DEFAULT_CHANGED Dispatch.rastreo.limit',
  ],
  [
    'an enum value added',
    '  CANCELADO\n',
    '  CANCELADO\n  EN_SITIO\n',
    'ENUM_VALUE_ADDED DispatchStatus.EN_SITIO',
  ],
  [
    'an override by degrees',
    '@override(from: "autentificacion")',
    '@override(from: "autentificacion", label: "percent(5)")',
    'OVERRIDE_CHANGED Query.user @override(from: "autentificacion")',
  ],
  [
    'a tag',
    'observaciones: String',
    'observaciones: String @tag(name: "internal")',
    'TAG_ADDED Dispatch.observaciones @tag(name: "internal")',
  ],
  [
    'a tighter rate limit',
    'limit: 300, duration: 60',
    'limit: 30, duration: 60',
    'RATE_LIMIT_CHANGED Mutation.createDispatch @rateLimit(duration: 60, limit: 300)',
  ],
  [
    'a directive of the schema that no longer repeats',
    ' repeatable on',
    ' on',
    'DIRECTIVE_REPEATABLE_REMOVED @rateLimit',
  ],
];

const safe: readonly Case[] = [
  [
    'an argument that filters',
    'despachos(estado: DispatchStatus)',
    'despachos(estado: DispatchStatus @filter)',
    'FILTER_ADDED Query.despachos.estado @filter',
  ],
  [
    'a new optional argument',
    'dispatch(id: ID!)',
    'dispatch(id: ID!, zona: String)',
    'FIELD_ARGUMENT_ADDED Query.dispatch.zona',
  ],
  [
    'a new argument with a default',
    'dispatch(id: ID!)',
    'dispatch(id: ID!, zona: String! = "norte")',
    'FIELD_ARGUMENT_ADDED Query.dispatch.zona',
  ],
  [
    'a new optional field of an input',
    'input PlaceInput {',
    'input PlaceInput {\n  zona: String',
    'INPUT_FIELD_ADDED PlaceInput.zona',
  ],
  [
    'an argument made optional',
    'dispatch(id: ID!)',
    'dispatch(id: ID)',
    'FIELD_ARGUMENT_TYPE_CHANGED Query.dispatch.id',
  ],
  [
    'an output that is no longer null',
    'observaciones: String',
    'observaciones: String!',
    'FIELD_TYPE_CHANGED Dispatch.observaciones',
  ],
  [
    'another description',
    '"One dispatch."',
    '"A dispatch: help on its way."',
    'TYPE_DESCRIPTION_CHANGED Dispatch',
  ],
  [
    'a new field',
    '  observaciones: String\n',
    '  observaciones: String\n  paciente: String\n',
    'FIELD_ADDED Dispatch.paciente',
  ],
  [
    'a deprecation',
    'observaciones: String',
    'observaciones: String @deprecated(reason: "Unused.")',
    'FIELD_DEPRECATION_ADDED Dispatch.observaciones',
  ],
  [
    'the deprecation of an argument',
    'destino: PlaceInput)',
    'destino: PlaceInput @deprecated(reason: "Unused."))',
    'DEPRECATED_ADDED Mutation.createDispatch.destino @deprecated(reason: "Unused.")',
  ],
  [
    'a key added',
    ' @key(fields: "folio zona")',
    ' @key(fields: "folio zona") @key(fields: "folio")',
    'KEY_ADDED Dispatch @key(fields: "folio")',
  ],
  [
    'a field now shared',
    'folio: String!',
    'folio: String! @shareable',
    'SHAREABLE_ADDED Dispatch.folio @shareable',
  ],
  [
    'a looser rate limit',
    'limit: 300, duration: 60',
    'limit: 600, duration: 60',
    'RATE_LIMIT_CHANGED Mutation.createDispatch @rateLimit(duration: 60, limit: 300)',
  ],
];

describe.each(Object.entries({ breaking, dangerous, safe }))('%s', (level, cases) => {
  test.each(cases)('%s', async (_what, from, to, change) => {
    project.edit(path, from, to);
    const changes = await review();
    expect(changes.map((found) => `${found.level} ${found.kind} ${found.path}`)).toEqual([
      `${level} ${change}`,
    ]);
  });
});

test('says where: the new line of what is there, the old line of what is gone', async () => {
  const lineOf = (text: string) => schema.slice(0, schema.indexOf(text)).split('\n').length;
  project.edit(path, '  observaciones: String\n', '');
  const [removed] = await review();
  expect(removed).toMatchObject({
    isInBase: true,
    at: { file: path, line: lineOf('observaciones') },
  });
  project.write(path, schema.replace('type Query {', 'type Query {\n  "How many."\n  total: Int!'));
  const [added] = await review();
  expect(added).toMatchObject({ isInBase: false, at: { line: lineOf('type Query') + 2 } });
});

test('where a type was only renamed, its fields and arguments touch nobody but those who name it', async () => {
  project.write(
    path,
    schema
      .replaceAll('PlaceInput', 'LugarInput')
      .replaceAll('Place!', 'Lugar!')
      .replace('type Place', 'type Lugar'),
  );
  const touched = (await review())
    .filter(({ level }) => level === 'breaking')
    .map(({ path: changed, touches }) => [changed, touches]);
  expect(touched).toEqual([
    ['Dispatch.rastreo', ['Place']],
    ['Place', undefined],
    ['PlaceInput', undefined],
    ['Mutation.createDispatch.destino', ['PlaceInput']],
    ['Mutation.createDispatch.origen', ['PlaceInput']],
  ]);
});

test('an argument that is required now touches those who leave it out, too', async () => {
  project.edit(path, 'destino: PlaceInput)', 'destino: PlaceInput!)');
  const [change] = await review();
  expect(change!.touches).toContain('Mutation.createDispatch.destino left out');
});

test('a new type is one change, not one for each of its fields; the worst comes first', async () => {
  project.edit(path, '  observaciones: String\n', '  zonas: Zona\n');
  project.write(
    'schema/zona.graphql',
    'type Zona {\n  "Its name."\n  nombre: String @override(from: "zonas")\n  numero: Int\n}\n',
  );
  expect((await review()).map(({ level, kind }) => `${level} ${kind}`)).toEqual([
    'breaking FIELD_REMOVED',
    // An override is reported even on a new field, since it takes over a field of another subgraph.
    'dangerous OVERRIDE_ADDED',
    'safe FIELD_ADDED',
    'safe TYPE_ADDED',
  ]);
});

test('neither spelling nor another file is a change', async () => {
  const text = project.read(path);
  const query = text.indexOf('type Query');
  project.write('schema/query.graphql', text.slice(query));
  project.write(
    path,
    text
      .slice(0, query)
      .replace('"folio zona"', '" folio   zona "')
      .replace('@key(fields: "id") ', '')
      .concat('extend type Dispatch @key(fields: "id")\n'),
  );
  project.edit('schema/query.graphql', 'limit: 300, duration: 60', 'duration: 60, limit: 300');
  expect(await review()).toEqual([]);
});

test('compares with where the branch left main, so that what others added there since is no removal', async () => {
  project.git('checkout', '--quiet', 'main');
  project.write('schema/zona.graphql', 'type Zona {\n  nombre: String\n}\n');
  project.commit('Another branch was merged');
  project.git('checkout', '--quiet', 'change');
  expect(project.git('rev-parse', 'main')).not.toBe(project.git('rev-parse', 'HEAD'));
  expect(await review()).toEqual([]);
});

test.each([
  ['type Query {', 'schema/dispatch.graphql:38 Syntax Error: Expected Name, found "!".', 'type Query {\n !'],
  ['[Place!]!', 'Unknown type "Platz". Did you mean "Place" or "Float"?', '[Platz!]!'],
])('a schema that is none is refused with a reason', (from, reason, to) => {
  project.edit(path, from, to);
  expect(() => parseSdl(readSdlFiles(project.root))).toThrow(reason);
});
