/** The command `npm run schema:check`: writes the report of a schema review, and sets the exit code. */
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { GraphQLError } from 'graphql';
import { ManifestError } from '../lib/operation-manifest.ts';
import { parseCommandLine, runCommand, UsageError, writeGivenFile } from './command.ts';
import { resolveBase, UnknownRefError } from './schema-check/git.ts';
import { formatJson, formatReport, hasFailed } from './schema-check/report/report.ts';
import { SupergraphConfigError } from './supergraph/config.ts';

const usage = `Reviews schema/: lint, composition of supergraph.yaml, changes against a commit, generated files, and the operations
of this repository. Prints a Markdown report; docs/schema-review.md explains it.

  npm run schema:check
  npm run -s schema:check -- --base origin/main --out report.md

  --base REF   compare with the commit where this branch left REF (default origin/main, else main; without both, nothing
               is compared)
  --json       print what was found as JSON, and no report
  --manifest FILE   also the operations of this manifest, which frontends have in use (npm run manifest); may be given
               several times
  --out FILE   write the report to this file, not to the standard output
  --help       this text

A GitHub workflow shows the report as its summary (GITHUB_STEP_SUMMARY).
Exit codes: 0 the schema may be released, 1 it may not, 2 the command line or a file cannot be used.
`;

const options = {
  base: { type: 'string' },
  manifest: { type: 'string', multiple: true, default: [] as string[] },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function review(args: readonly string[]): Promise<number> {
  const { base: wantedBase, manifest: manifests, out, json } = parseCommandLine(args, options);
  // Before all that a review takes.
  if (out !== undefined) closeSync(openSync(out, 'a'));
  const root = process.cwd();
  const base = resolveBase(root, wantedBase);
  // Imported only here, because linter, code generator and composition take seconds to load: mistakes in the command line are
  // reported at once.
  const { reviewSchema } = await import('./schema-check/review.ts');
  const { readManifestOperations } = await import('./schema-check/operations/find-operations.ts');
  const clients = manifests.flatMap((file) => readingManifest(file, readManifestOperations));
  const checks = await reviewSchema(root, base, clients);
  const label = 'label' in base ? base.label : null;
  const report = `${formatReport(checks, label)}\n`;
  const answer = json ? `${formatJson(checks, 'commit' in base ? base.commit : null)}\n` : report;
  if (out === undefined) process.stdout.write(answer);
  else writeGivenFile(out, answer);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (summaryFile) appendFileSync(summaryFile, report);
  return hasFailed(checks) ? 1 : 0;
}

function readingManifest<T>(file: string, read: (file: string) => T): T {
  try {
    return read(file);
  } catch (error) {
    if (error instanceof ManifestError) throw new UsageError(`${file} ${error.message}.`);
    if (error instanceof GraphQLError)
      throw new UsageError(`${file} has a text that is wrong: ${error.message}`);
    throw error;
  }
}

await runCommand({
  ...{ usage, run: review },
  exitCodes: [
    [UnknownRefError, 2],
    [SupergraphConfigError, 2],
  ],
});
