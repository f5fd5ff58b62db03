/** The command `npm run manifest`: makes a manifest of a frontend's operations, for `OPERATIONS=trusted`. */
import { statSync } from 'node:fs';
import { parseWithPositionals, runCommand, UsageError, writeGivenFile } from './command.ts';
import { formats, makeEntries, ManifestProblems } from './manifest/make-manifest.ts';
import { findOperations, type Unreadable } from './schema-check/operations/find-operations.ts';
import { count } from './schema-check/report/check.ts';

const usage = `Makes a manifest of the operations in a frontend's sources: .graphql files, and texts in TypeScript and JavaScript, those of gql
and graphql tags among them. Each operation stands in it whole, with its fragments wherever they are, and the SHA-256 of its
text as its id.

  npm run -s manifest -- ../app/src --out manifest.json
  npm run -s manifest -- packages/live/src --format relay

  --out FILE         write it to this file, not to the standard output
  --format FORMAT    apollo (default), for @apollo/persisted-query-lists and graphql-ws, or relay: ids and texts alone
  --no-typenames     do not add __typename to each selection. Apollo Client and urql add it before they send an operation
  --help             this text

npm run schema:check -- --manifest manifest.json says whether a change of the schema breaks one of them.
What has no name is left out, and so is a tagged text of which a part is known only when the app runs: each is named.
Exit codes: 0 made, 1 two of a name differ, a fragment is missing, a .graphql file cannot be read or there is no operation,
2 the command line or a file cannot be used.
`;

const options = {
  out: { type: 'string' },
  format: { type: 'string', default: 'apollo' },
  'no-typenames': { type: 'boolean', default: false },
} as const;

function run(args: readonly string[]): number {
  const { values, positionals } = parseWithPositionals(args, options);
  const [folder, ...rest] = positionals;
  if (folder === undefined || rest.length > 0) throw new UsageError('One folder with sources is needed.');
  const { out, format: wanted } = values;
  if (!Object.hasOwn(formats, wanted))
    throw new UsageError(`--format is "${wanted}". Allowed: ${Object.keys(formats).join(', ')}.`);
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is no folder.`);
  const { operations, unreadable, unreadableTagged } = findOperations(folder);
  const ofFiles = unreadable.filter(isNoDocument);
  if (ofFiles.length > 0) throw new ManifestProblems(ofFiles.map(describe).join('\n'));
  const inSources = operations.filter(isNoDocument);
  const entries = makeEntries(inSources, {
    typenames: !values['no-typenames'],
    onNameless: (place) => process.stderr.write(`left out, since it has no name: ${place}\n`),
  });
  for (const tagged of unreadableTagged.filter(isNoDocument))
    process.stderr.write(`left out, since it cannot be read: ${describe(tagged)}\n`);
  if (entries.length === 0) throw new ManifestProblems(`${folder} has no operation with a name.`);
  const text = `${JSON.stringify(formats[wanted as keyof typeof formats](entries), null, 2)}\n`;
  if (out === undefined) process.stdout.write(text);
  else writeGivenFile(out, text);
  process.stderr.write(`${count(entries.length, 'operation')}\n`);
  return 0;
}

/** What stands in documentation is no part of an app. */
const isNoDocument = ({ at }: Pick<Unreadable, 'at'>): boolean => !at.file.endsWith('.md');

const describe = ({ at, message }: Unreadable): string => `${at.file}:${at.line} ${message}`;

await runCommand({ usage, run, exitCodes: [[ManifestProblems, 1]] });
