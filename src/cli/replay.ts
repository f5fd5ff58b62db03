/** The command `npm run replay`: runs a replay, prints its summary and sets the exit code. */
import { CallLogError } from './replay/calls/columns.ts';
import { parseOptions, usage, UsageError, type ReplayOptions } from './replay/options.ts';
import { replay } from './replay/replay.ts';
import { ReplayError } from './replay/client/outage.ts';
import { formatSummary } from './replay/tally.ts';

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options) return await run(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
    else if (error instanceof CallLogError || isFileError(error)) console.error(error.message);
    else if (error instanceof ReplayError) {
      console.error(error.message);
      return 1;
    } else throw error;
    return 2;
  }
}

async function run(options: ReplayOptions): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    // A second signal does not wait for requests under way.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const { summary, ok, failure } = await replay(options, stop.signal, process.stderr);
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  if (failure !== null) console.error(failure);
  console.log(options.output === 'json' ? JSON.stringify(summary) : formatSummary(summary));
  if (!ok) return 1;
  return stop.signal.aborted && options.file !== null ? 130 : 0;
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

process.exitCode = await main(process.argv.slice(2));
