/** Proves which breaking changes an entry of schema/acknowledged.yaml allows, and which it does not. */
import { describe, expect, test } from '@jest/globals';
import {
  acknowledgedPath,
  draftAcknowledgements,
  readAcknowledgements,
} from '../../src/cli/schema-check/changes/acknowledged.ts';
import type { SchemaChange } from '../../src/cli/schema-check/changes/change.ts';
import { changesCheck } from '../../src/cli/schema-check/report/changes-check.ts';
import { compositionCheck } from '../../src/cli/schema-check/report/checks.ts';
import { tFolder } from '../support/schema-project.ts';

function change(kind: string, path: string, level: SchemaChange['level'] = 'breaking'): SchemaChange {
  const at = { file: 'schema/dispatch.graphql', line: 7 };
  return { kind, path, level, message: `${path} changed`, why: null, at, isInBase: false };
}

const removed = change('FIELD_REMOVED', 'Dispatch.observaciones');
const keyless = change('KEY_REMOVED', 'Dispatch @key(fields: "id")');

function tAcknowledged(text: string) {
  const project = tFolder();
  project.write(acknowledgedPath, text);
  return readAcknowledgements(project.root);
}

function verdictOn(all: readonly SchemaChange[], acknowledged: string) {
  return changesCheck(
    { all, acknowledgements: tAcknowledged(acknowledged), hints: [], uses: new Map() },
    null,
  );
}

const entry = '- kind: FIELD_REMOVED\n  path: Dispatch.observaciones\n  reason: Nobody reads it.\n';

describe('a breaking change', () => {
  test('without an entry fails, and the report drafts one that would do', () => {
    const { verdict, details } = verdictOn([removed, keyless], '[]');
    expect(verdict).toBe('failed');
    expect(details).toContain(draftAcknowledgements([removed, keyless]));
    const drafted = draftAcknowledgements([removed, keyless]).replaceAll('…', 'Agreed.');
    expect(verdictOn([removed, keyless], drafted)).toMatchObject({
      verdict: 'noticed',
      summary: '2 breaking (2 acknowledged), 0 dangerous, 0 safe',
    });
  });

  test('is allowed only by its own entry', () => {
    const { verdict, summary, details } = verdictOn([removed, keyless], entry);
    expect({ verdict, summary }).toEqual({
      verdict: 'failed',
      summary: '2 breaking (1 acknowledged), 0 dangerous, 0 safe',
    });
    expect(details).toContain('  - acknowledged: Nobody reads it.');
    expect(details).not.toContain('  path: Dispatch.observaciones');
  });
});

test('an entry that no change needs is stale, which is said and does not fail', () => {
  const dangerous = change('FIELD_REMOVED', 'Dispatch.observaciones', 'dangerous');
  for (const changes of [[], [dangerous]]) {
    const { verdict, details } = verdictOn(changes, entry);
    expect(verdict).toBe('noticed');
    expect(details).toContain(
      '### Stale acknowledgements\n\n- `schema/acknowledged.yaml:1` FIELD_REMOVED `Dispatch.observaciones`',
    );
  }
});

test('a hint that is meant is not shown, and its entry is not stale; without an entry it is shown with its line', () => {
  const at = [{ file: 'schema/user.graphql', line: 69 }];
  const hint = {
    code: 'FROM_SUBGRAPH_DOES_NOT_EXIST',
    message: 'It does not exist.',
    coordinate: 'Query.user',
    at,
  };
  const other = { ...hint, coordinate: 'User.name' };
  const hints = [hint, other];
  const acknowledgements = tAcknowledged(
    '# Meant.\n- kind: FROM_SUBGRAPH_DOES_NOT_EXIST\n  path: Query.user\n  reason: It is MS Auth.\n',
  );
  expect(acknowledgements).toMatchObject([{ at: { file: acknowledgedPath, line: 2 } }]);
  const composition = { isReadable: true, supergraphSdl: '', clientSchema: null, errors: [], hints };
  const { summary, findings } = compositionCheck(composition, ['websocket'], acknowledgements);
  expect(summary).toBe('websocket compose, with 1 hint, 1 hint acknowledged');
  expect(findings).toEqual([{ severity: 'notice', code: hint.code, message: hint.message, at: at[0] }]);
  const changes = (found: typeof hints) =>
    changesCheck({ all: [], acknowledgements, hints: found, uses: new Map() }, null);
  expect(changes(hints).verdict).toBe('passed');
  expect(changes([other]).summary).toContain('1 stale acknowledgement');
});

test('no file, an empty file and comments acknowledge nothing', () => {
  expect(readAcknowledgements(tFolder().root)).toEqual([]);
  expect(tAcknowledged('')).toEqual([]);
  expect(tAcknowledged('# nothing yet\n[]\n')).toEqual([]);
});

test.each([
  ['- kind: FIELD_REMOVED\n  path: Dispatch.x\n  reason: " "\n', 'entry 1, reason: must say why'],
  [`${entry}- kind: FIELD_REMOVED\n  path: Dispatch.x\n`, 'entry 2, reason: '],
  [`${entry}  until: 2027\n`, 'entry 1: Unrecognized key: "until"'],
  ['FIELD_REMOVED: yes', 'cannot be used'],
  ['- [', 'is not valid YAML'],
])('%j is refused', (text, problem) => {
  expect(() => tAcknowledged(text)).toThrow(problem);
  expect(() => tAcknowledged(text)).toThrow(acknowledgedPath);
});

test('a file that cannot be read fails the check, and allows nothing', () => {
  const check = changesCheck(
    { all: [], acknowledgements: [], hints: [], uses: new Map() },
    'It is not valid YAML.',
  );
  expect(check).toMatchObject({ verdict: 'failed', details: 'It is not valid YAML.' });
});
