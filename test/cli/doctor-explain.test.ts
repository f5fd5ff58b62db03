/** Proves what `npm run doctor -- --explain` says of operations, run as a process. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { tFolder } from '../support/schema-project.ts';

const program = resolve(import.meta.dirname, '../../src/cli/doctor.ts');

function explain(text: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const folder = tFolder();
  folder.write('operations.graphql', text);
  const { status, stdout } = spawnSync(
    process.execPath,
    [program, '--explain', 'operations.graphql', ...args],
    { cwd: folder.root, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', ...env } },
  );
  return { status, lines: stdout.trim().split('\n') };
}

test('each operation of a file is explained, with the variables given', () => {
  const text = `
    query Board($n: Int) { despachos(limit: $n) { id origen { latitud } } }
    subscription One { dispatchUpdated(id: 1) { dispatch { id } } }`;
  expect(explain(text, ['--variables', '{"n": 100}'])).toEqual({
    status: 0,
    lines: [
      'ok       Board: costs 200 of 20000; up to 400 values; 4 fields of 2000',
      'ok       One: one event costs 2 of 1000; up to 3 values; 4 fields of 2000',
      '0 problem(s), 0 warning(s).',
    ],
  });
});

test('what costs too much is a problem, by the limits of the environment', () => {
  const { status, lines } = explain('{ despachos { id } }', [], { MAX_COST: '49' });
  expect(status).toBe(1);
  expect(lines).toEqual([
    'PROBLEM  operation: costs 50 of 49; up to 100 values; 2 fields of 2000',
    '         Ask for shorter lists (limit), or for less at a time.',
    '1 problem(s), 0 warning(s).',
  ]);
});

test.each([
  ['{ nothing }', [], 'PROBLEM  operation: Cannot query field "nothing" on type "Query".'],
  ['{ despachos', [], 'PROBLEM  operation: Syntax Error: Expected Name, found <EOF>.'],
  ['{ a }', ['--variables', '[]'], 'PROBLEM  explain: --variables must be a JSON object.'],
  ['{ a }', ['--variables', 'x'], 'PROBLEM  explain: --variables must be JSON.'],
  [
    '{ a }',
    ['--explain', 'nowhere.graphql'],
    expect.stringMatching(
      /^PROBLEM  explain: nowhere\.graphql cannot be used: there is no such file or folder\.$/m,
    ),
  ],
])('%s with %j is a problem', (text, args, line) => {
  const { status, lines } = explain(text, args);
  expect(status).toBe(1);
  expect(lines[0]).toEqual(line);
});
