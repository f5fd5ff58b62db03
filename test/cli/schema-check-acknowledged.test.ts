/** Proves which breaking changes an entry of schema/acknowledged.yaml allows, and which it does not. */
import { describe, expect, test } from '@jest/globals';
import {
  acknowledgedPath,
  draftAcknowledgements,
  readAcknowledgements,
} from '../../src/cli/schema-check/changes/acknowledged.ts';
import type { SchemaChange } from '../../src/cli/schema-check/changes/change.ts';
import { changesCheck } from '../../src/cli/schema-check/report/changes-check.ts';
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
  return changesCheck({ all, acknowledgements: tAcknowledged(acknowledged), uses: new Map() }, null);
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
    expect(details).toContain('### Stale acknowledgements\n\n- FIELD_REMOVED `Dispatch.observaciones`');
  }
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
  const check = changesCheck({ all: [], acknowledgements: [], uses: new Map() }, 'It is not valid YAML.');
  expect(check).toMatchObject({ verdict: 'failed', details: 'It is not valid YAML.' });
});
