/** Proves that docs/api-reference.md is up to date with the SDL. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { formatApiReference } from '../../src/cli/api-reference/format.ts';
import { readSdlFiles } from '../../src/cli/supergraph/sdl-files.ts';

test('docs/api-reference.md is what the SDL says (npm run docs:api writes it)', () => {
  const written = readFileSync(new URL('../../docs/api-reference.md', import.meta.url), 'utf8');
  expect(written).toBe(formatApiReference(readSdlFiles('.')));
});

test('shows a field with its arguments, defaults, links and limits', () => {
  const text = `
    "What can be asked."
    type Query {
      "A thing | or none."
      thing("Which one." id: ID!, "How many." limit: Int = 5): Thing @rateLimit(limit: 3, duration: 60)
    }
    "A thing."
    type Thing @key(fields: "id") { "Its id." id: ID! "Its kind." kind: Kind! }
    "Kinds." enum Kind { "Red." RED }
  `;
  const reference = formatApiReference([{ path: 'schema/a.graphql', text }]);
  expect(reference).toContain('### thing\n\nA thing | or none.\n\nAnswers [`Thing`](#thing).');
  expect(reference).toContain('At most 3 times in 60 s for each viewer.');
  expect(reference).toContain('| `limit` | `Int` | `5` | How many. |');
  expect(reference).toContain('An entity: `@key(fields: "id")`.');
  expect(reference).toContain('| `kind` | [`Kind!`](#kind) | Its kind. |');
  expect(reference).toContain('| `RED` | Red. |');
});
