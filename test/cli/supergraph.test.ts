/** Proves what `npm run supergraph` prints, and when it fails, run as a process. */
import { expect, test } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { mergedSdlPath, mergeSdl, originOf, readSdlFiles } from '../../src/cli/supergraph/sdl-files.ts';
import { tFolder, tProjectCopy } from '../support/schema-project.ts';

const program = 'src/cli/supergraph.ts';
const timeoutMs = 120_000;

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const config = `federation_version: 2
subgraphs:
  one: { routing_url: "http://localhost:1/graphql", schema: { file: ./one.graphql } }
  two: { routing_url: "http://localhost:2/graphql", schema: { file: ./two.graphql } }
`;

test(
  'writes the supergraph of supergraph.yaml to the standard output, and only that',
  async () => {
    const project = tProjectCopy();
    const { status, stdout, stderr } = await project.run(program);
    expect(status).toBe(0);
    expect(stdout).toContain('@join__graph(name: "websocket", url: "http://localhost:4004/graphql")');
    expect(stdout).toContain('@join__graph(name: "fleet", url: "http://localhost:4005/graphql")');
    expect(buildSchema(stdout).getType('Vehicle')).toBeDefined();
    expect(stderr).toContain('Hint FROM_SUBGRAPH_DOES_NOT_EXIST: ');
    expect(stderr).toContain('websocket, fleet compose, with 3 hint(s).');
  },
  timeoutMs,
);

test(
  'says why subgraphs do not compose, and where',
  async () => {
    const project = tFolder();
    project.write('graphs/supergraph.yaml', config);
    project.write('graphs/one.graphql', `${link}\ntype Query {\n  total: Int\n}\n`);
    project.write('graphs/two.graphql', `${link}\ntype Query {\n  total: String\n}\n`);
    const { status, stdout, stderr } = await project.run(program, [
      '--config',
      'graphs/supergraph.yaml',
      '--out',
      'out',
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Error FIELD_TYPE_MISMATCH: Type of field "Query.total" is incompatible');
    expect(stderr).toContain('    at graphs/one.graphql:3\n    at graphs/two.graphql:3');
    expect(stderr).toContain('one, two do not compose: ');
    expect(() => project.read('out')).toThrow('ENOENT');
  },
  timeoutMs,
);

test(
  'composes subgraphs that only cause hints, into a file',
  async () => {
    const project = tFolder();
    project.write('supergraph.yaml', config);
    project.write('one.graphql', `${link}\ntype Query {\n  total: Int\n}\n`);
    project.write('two.graphql', 'type Query {\n  other: Int\n');
    expect((await project.run(program)).stderr).toContain(
      'Error SYNTAX_ERROR: [two] Syntax Error: Expected Name',
    );
    project.write('two.graphql', 'type Query {\n  other: Int\n}\n');
    const { status, stdout } = await project.run(program, ['--out', 'supergraph.graphql']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(parse(project.read('supergraph.graphql')).definitions.length).toBeGreaterThan(5);
  },
  timeoutMs,
);

test.each([
  ['federation_version: 1\nsubgraphs: {}', 'federation_version: must be 2, or an exact version'],
  ['federation_version: 2\nsubgraphs: {}', 'subgraphs: must name at least one subgraph'],
  [config.replace('file: ./one.graphql', 'subgraph_url: http://x'), 'subgraphs.one.schema.file: '],
  [config.replace('http://localhost:1/graphql', 'here'), 'routing_url: must be an http or https address'],
  [config, 'one.graphql does not exist.'],
  ['a: [', 'supergraph.yaml is not valid YAML'],
])(
  'refuses %j',
  async (text, problem) => {
    const project = tFolder();
    project.write('supergraph.yaml', text);
    const { status, stdout, stderr } = await project.run(program);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(problem);
  },
  timeoutMs,
);

test('schema/ as one file is kept by `npm run codegen`, and still tells where each line came from', async () => {
  const project = tProjectCopy();
  project.write('schema/aviso.graphql', '"A notice."\ntype Aviso {\n  "Its text."\n  texto: String\n}\n');
  await project.run('src/cli/merge-schema.ts');
  const merged = project.read(mergedSdlPath);
  expect(merged).toBe(mergeSdl(readSdlFiles(project.root)));
  const line = merged.split('\n').findIndex((text) => text.includes('texto: String')) + 1;
  expect(originOf(merged, line)).toEqual({ file: 'schema/aviso.graphql', line: 4 });
  expect(originOf('type Query { a: Int }', 1)).toBeUndefined();
});
