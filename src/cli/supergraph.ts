/** The command `npm run supergraph`: composes the supergraph, prints its SDL or the errors, and sets the exit code. */
import { parseCommandLine, runCommand, writeGivenFile } from './command.ts';
import { compose, formatFinding } from './supergraph/compose.ts';
import { readSupergraph, SupergraphConfigError } from './supergraph/config.ts';

const usage = `Composes the subgraphs of supergraph.yaml into the SDL of a supergraph, for a router.

  npm run -s supergraph > supergraph.graphql
  npm run supergraph -- --out supergraph.graphql

  --config FILE   the list of subgraphs, in the format of Rover (default supergraph.yaml)
  --out FILE      write the SDL to this file, not to the standard output
  --help          this text

Hints are written to the standard error. Exit codes: 0 it composes, 1 it does not, 2 the command line or a file cannot be used.
`;

const options = {
  config: { type: 'string', default: 'supergraph.yaml' },
  out: { type: 'string' },
} as const;

function run(args: readonly string[]): number {
  const { config: configPath, out } = parseCommandLine(args, options);
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
  else writeGivenFile(out, supergraphSdl);
  process.stderr.write(`${names} compose, with ${hints.length} hint(s).\n`);
  return 0;
}

await runCommand({ usage, run, exitCodes: [[SupergraphConfigError, 2]] });
