/** Owns the command `npm run supergraph`: its output and its exit codes. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compose, formatFinding } from './supergraph/compose.ts';
import { readSupergraph, SupergraphConfigError } from './supergraph/config.ts';

const usage = `Composes the subgraphs of supergraph.yaml into the SDL that a router runs on.

  npm run -s supergraph > supergraph.graphql
  npm run supergraph -- --out supergraph.graphql

  --config FILE   in the format of Rover (supergraph.yaml)
  --out FILE      where to write the SDL, instead of the standard output
  --help          this text

Hints go to the standard error. Exit codes: 0 it composes, 1 it does not, 2 the command or the file is not usable.
`;

const options = {
  config: { type: 'string', default: 'supergraph.yaml' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

function composeTo(configPath: string, out: string | undefined): number {
  const subgraphs = readSupergraph('.', configPath);
  const names = subgraphs.map(({ name }) => name).join(', ');
  const { supergraphSdl, errors, hints } = compose(subgraphs);
  for (const hint of hints) process.stderr.write(`Hint ${formatFinding(hint)}\n`);
  for (const error of errors) process.stderr.write(`Error ${formatFinding(error)}\n`);
  if (supergraphSdl === null) {
    process.stderr.write(`${names} do not compose: ${errors.length} error(s).\n`);
    return 1;
  }
  if (out === undefined) process.stdout.write(supergraphSdl);
  else writeFileSync(out, supergraphSdl);
  process.stderr.write(`${names} compose, with ${hints.length} hint(s).\n`);
  return 0;
}

function isUsageError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}

function main(args: string[]): number {
  try {
    const { values } = parseArgs({ args, options, strict: true, allowPositionals: false });
    if (!values.help) return composeTo(values.config, values.out);
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    if (!isUsageError(error) && !(error instanceof SupergraphConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
