/** Proves what `npm run schema:check` reports, run as a process on a copy of this project. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { tFolder, tProjectCopy, type SchemaProject } from '../support/schema-project.ts';

const program = 'src/cli/schema-check.ts';
/** A review loads ESLint, codegen and composition, which takes long on a busy machine. */
const timeoutMs = 180_000;

const board = `# Board

\`\`\`graphql
query Board {
  despachos(estado: PENDIENTE) {
    id
    estado
    observaciones
  }
}
\`\`\`
`;
const observaciones = '  "Free text for the crew; null where there is none."\n  observaciones: String\n';
/** Where it stands. */
const line =
  readFileSync(new URL('../../schema/dispatch.graphql', import.meta.url), 'utf8')
    .split('\n')
    .indexOf('  observaciones: String') + 1;

async function codegen(project: SchemaProject): Promise<void> {
  await project.run('node_modules/@graphql-codegen/cli/cjs/bin.js', [
    '--config',
    'codegen.ts',
    '--errors-only',
  ]);
  await project.run('src/cli/merge-schema.ts');
}

/** Replaces what differs with every schema and every commit. */
function shapeOf(report: string): string {
  return report
    .replaceAll(/`[0-9a-f]{10}`/g, '`COMMIT`')
    .replaceAll(/(\.\w+):\d+`/g, '$1:LINE`')
    .replaceAll(/\b\d+ valid/g, 'N valid')
    .trim();
}

function documentedReport(): string {
  const page = readFileSync(new URL('../../docs/schema-review.md', import.meta.url), 'utf8');
  return /^````text\n(.*?)^````$/ms.exec(page)![1]!;
}

test(
  'a breaking change is reported with its line, its kind and its users, and is allowed once it is acknowledged and nothing here uses it',
  async () => {
    const project = tProjectCopy({ 'README.md': board });
    project.edit('schema/dispatch.graphql', observaciones, '');
    project.edit('schema/dispatch.graphql', '  CANCELADO\n', '  CANCELADO\n  "Nobody came."\n  PERDIDO\n');
    await codegen(project);

    const refused = await project.run(program);
    expect({ status: refused.status, stderr: refused.stderr }).toEqual({ status: 1, stderr: '' });
    expect(refused.stdout).toContain(
      `- **FIELD_REMOVED** \`schema/dispatch.graphql:${line}\` (line of the base): ` +
        'Field `observaciones` was removed from object type `Dispatch`.',
    );
    expect(refused.stdout).toContain('  - used by `query Board` at `README.md:8`');
    expect(shapeOf(refused.stdout)).toBe(shapeOf(documentedReport()));

    const [, draft] = /```yaml\n(.*?)```/s.exec(refused.stdout) ?? [];
    const meant = project.read('schema/acknowledged.yaml');
    project.write(
      'schema/acknowledged.yaml',
      `${meant}${draft!.replace('…', 'Nobody reads it (seen in the router).')}`,
    );
    const stillUsed = await project.run(program);
    expect({ status: stillUsed.status, stderr: stillUsed.stderr }).toEqual({ status: 1, stderr: '' });
    expect(stillUsed.stdout).toContain('1 breaking (1 acknowledged), 1 dangerous, 0 safe');
    // Whoever acknowledges it can mend what users copy.
    expect(stillUsed.stdout).toMatch(/`query Board` at `README.md:8`: Cannot query field "observaciones"/);

    project.edit('README.md', '    observaciones\n', '');
    const allowed = await project.run(program);
    expect({ status: allowed.status, stderr: allowed.stderr }).toEqual({ status: 0, stderr: '' });
    expect(allowed.stdout).toContain('acknowledged: Nobody reads it (seen in the router).');
    expect(allowed.stdout).toContain('1 breaking (1 acknowledged), 1 dangerous, 0 safe');
  },
  timeoutMs,
);

test(
  'lint, composition, drift and operations each have their say',
  async () => {
    const project = tProjectCopy({ 'docs/page.md': '```graphql\n{ dispatch(id: 1) { placa } }\n```\n' });
    project.edit(
      'schema/dispatch.graphql',
      '  fechaActualizacion: DateTime!\n',
      '  fechaActualizacion: DateTime!\n  Turno: String\n',
    );
    project.edit(
      'schema/dispatch.graphql',
      '  ambulancia: AssignedAmbulance\n',
      '  ambulancias: AssignedAmbulance\n',
    );

    const { status, stdout } = await project.run(program);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^- `schema\/dispatch.graphql:\d+` .*"Turno".* \(naming-convention\)$/m);
    expect(stdout).toMatch(/^- `schema\/dispatch.graphql:\d+` .*\(require-description\)$/m);
    expect(stdout).toContain('websocket, fleet do not compose');
    expect(stdout).toMatch(
      /\*\*EXTERNAL_MISSING_ON_BASE\*\* .*"Dispatch.ambulancia".*\(`examples\/fleet\/schema.graphql:\d+`\)/,
    );
    expect(stdout).toMatch(/used by subgraph `fleet` at `examples\/fleet\/schema.graphql:\d+`/);
    expect(stdout).toMatch(/^- `src\/generated\/resolvers.ts:\d+`\n- `supergraph\/websocket.graphql:\d+`$/m);
    expect(stdout).toContain(
      '`query { dispatch }` at `docs/page.md:2`: Cannot query field "placa" on type "Dispatch".',
    );
  },
  timeoutMs,
);

test(
  'an operation of the client package that the change breaks is named, and what is generated of it is out of date',
  async () => {
    const project = tProjectCopy({
      'packages/live/codegen.ts': readFileSync(
        new URL('../../packages/live/codegen.ts', import.meta.url),
        'utf8',
      ),
      'packages/live/src/generated/operations.ts': '// as it was',
      'packages/live/src/operations/notes.graphql':
        'query Notes {\n  dispatch(id: 1) {\n    observaciones\n  }\n}\n',
    });
    project.edit('schema/dispatch.graphql', observaciones, '');
    const { status, stdout, stderr } = await project.run(program);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('- `packages/live/src/generated/operations.ts:1`');
    expect(stdout).toMatch(
      /`query Notes` at `packages\/live\/src\/operations\/notes.graphql:\d+`: Cannot query/,
    );
  },
  timeoutMs,
);

test(
  '--json says the same to machines, each finding with its line',
  async () => {
    const project = tProjectCopy({ 'README.md': board });
    project.edit('schema/dispatch.graphql', observaciones, '');
    const { status, stdout, stderr } = await project.run(program, ['--json']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const report = JSON.parse(stdout) as {
      readonly mayBeReleased: boolean;
      readonly comparedWith: string;
      readonly checks: readonly {
        readonly title: string;
        readonly findings: readonly { readonly at: { readonly file: string; readonly line: number } }[];
      }[];
    };
    expect(report).toMatchObject({ mayBeReleased: false, comparedWith: project.git('rev-parse', 'main') });
    const found = Object.fromEntries(report.checks.map(({ title, findings }) => [title, findings]));
    expect(found['Changes']).toEqual([
      expect.objectContaining({
        severity: 'error',
        code: 'FIELD_REMOVED',
        at: { file: 'schema/dispatch.graphql', line },
        usedBy: [{ label: '`query Board`', at: { file: 'README.md', line: 8 } }],
      }),
    ]);
    expect(found['Operations']).toMatchObject([
      { code: 'INVALID_OPERATION', at: { file: 'README.md', line: 8 } },
    ]);
    expect(found['Generated files']!.length).toBeGreaterThan(0);
    for (const { at } of report.checks.flatMap(({ findings }) => findings))
      expect(at).toEqual({ file: expect.stringMatching(/\w/), line: expect.any(Number) });
  },
  timeoutMs,
);

test(
  'what a change does to the cost of known operations is shown, and which of them are refused from now on',
  async () => {
    const page = `\`\`\`graphql
query Board { despachos { id estado } }
query Wide { despachos(limit: 500) { id origen { latitud } } }
query One { dispatch(id: 1) { id } }
query Crew { user(id: 1) { id } }
subscription Live { dispatchesUpdated { dispatch { id origen { latitud } } } }
\`\`\`
`;
    const project = tProjectCopy({ 'README.md': page });
    project.edit('schema/dispatch.graphql', 'type Dispatch @', 'type Dispatch @cost(weight: 100) @');
    project.edit('schema/user.graphql', 'type User @', 'type User @cost(weight: 0) @');
    await codegen(project);
    const { status, stdout } = await project.run(program);
    expect({ status, report: stdout }).toEqual({ status: 0, report: expect.any(String) });
    const [, summary] = /^\| ⚠️ \| Costs \| (.*) \|$/m.exec(stdout) ?? [];
    expect(summary).toMatch(
      /^1 operation beyond the bound now, \d+ operations? dearer, \d+ operations? cheaper$/,
    );
    const costs = stdout.slice(stdout.indexOf('## Costs')).split('\n');
    expect(costs[2]).toBe(
      '- `query Wide` at `README.md:3`: 1000 → 50500 of 20000. **Refused from now on**: It costs 50500, and may cost 20000.',
    );
    expect(costs).toEqual(
      expect.arrayContaining([
        '- `query Board` at `README.md:2`: 50 → 5000 of 20000',
        '- `query One` at `README.md:4`: 1 → 100 of 20000',
        expect.stringMatching(/^- `query Crew` at `README.md:5`: \d+ → 0 of 20000$/),
        '- `subscription Live` at `README.md:6`: 3 → 102 of 1000',
      ]),
    );
  },
  timeoutMs,
);

test(
  'without git nothing is compared, and the rest is said where it is wanted',
  async () => {
    const project = tProjectCopy();
    project.remove('.git');
    const { status, stdout, stderr } = await project.run(program, ['--out', 'report.md'], {
      GITHUB_STEP_SUMMARY: 'summary.md',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    const report = project.read('report.md');
    expect(report).toMatch(/^# Schema review: ✅ may be released$/m);
    expect(report).toContain('| ➖ | Changes | not compared: git knows no repository here |');
    expect(report).toContain('| ➖ | Costs | not compared: git knows no repository here |');
    expect(project.read('summary.md')).toBe(report);
  },
  timeoutMs,
);

test(
  'an invalid schema is reported',
  async () => {
    const project = tProjectCopy();
    project.edit(
      'schema/dispatch.graphql',
      'estado: DispatchStatus!\n  "How urgent',
      'estado: Estatus!\n  "How urgent',
    );
    const { status, stdout } = await project.run(program);
    expect(status).toBe(1);
    expect(stdout).toContain('| ❌ | Schema | schema/ is not a valid schema |');
    expect(stdout).toContain('Unknown type "Estatus"');
    expect(stdout).toContain('| ➖ | Lint | needs a valid schema |');
  },
  timeoutMs,
);

describe('a command line that cannot be understood', () => {
  test.each([
    [['--base', 'nowhere'], '--base is "nowhere", and git knows no repository here.'],
    [['--manifest', 'schema'], 'schema cannot be used: it is a folder, and not a file.'],
    [['--bse', 'main'], "Unknown option '--bse'"],
    [[], 'supergraph.yaml does not exist.'],
  ])(
    '%j',
    async (args, problem) => {
      const project = tFolder();
      project.write('schema/base.graphql', 'type Query { a: Int }');
      const { status, stdout, stderr } = await project.run(program, args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(problem);
    },
    timeoutMs,
  );
});
