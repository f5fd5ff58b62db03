/** The command `npm run replay`: runs a replay, prints its summary and sets the exit code. */
import { ConfigError } from '../config/config.ts';
import { runCommand } from './command.ts';
import { CallLogError } from './replay/calls/columns.ts';
import { ReplayError } from './replay/client/outage.ts';
import { parseOptions, usage } from './replay/options.ts';
import { ownUrl } from './replay/own-service.ts';
import { replay } from './replay/replay.ts';
import { formatSummary } from './replay/tally.ts';

const interrupted = 130;

async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, ownUrl);
  const stop = new AbortController();
  const onSignal = () => {
    // A second signal does not wait for requests under way.
    if (stop.signal.aborted) process.exit(interrupted);
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const { summary, ok, failure } = await replay(options, stop.signal, process.stderr);
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  console.log(options.output === 'json' ? JSON.stringify(summary) : formatSummary(summary));
  if (failure !== null) console.error(failure);
  const exitCode = !ok ? 1 : stop.signal.aborted && options.file !== null ? interrupted : 0;
  // A read that waits for the writer of a pipe would keep the process.
  if (stop.signal.aborted) process.exit(exitCode);
  return exitCode;
}

await runCommand({
  ...{ usage, run },
  exitCodes: [
    [CallLogError, 2],
    [ConfigError, 2],
    [ReplayError, 1],
  ],
});
