/** Owns the command line of the bench. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { contestantNames, type ContestantName } from './contestants.ts';
import { workloads } from './workloads.ts';

export const usage = `Measures this service side by side with others, on one machine in one run: the server on one core, its clients on another,
a real Redis between them and the process that publishes. Takes a good half hour; --only and --runs make it shorter.

  npm run bench -- [options]

Options
  --only A,B          only these workloads: ${workloads.map(({ name }) => name).join(', ')}
  --contestants A,B   only these contestants: ${contestantNames.join(', ')}
  --runs N            runs of each, of which the median counts (default 3)
  --scale N           share of the sockets, topics and rates, from 0.01 to 1 (default 1)
  --json FILE         writes the figures as an array of rows
  --svg FILE          writes the curve of latency over load
  --profile FOLDER    has the servers write CPU profiles of what is measured there; it slows them down
  --help              this text

Needs Linux, redis-server and, to pin processes, taskset and two cores.
Exit codes: 0 all was measured, 1 something failed, 2 the command is not usable.`;

export interface BenchOptions {
  readonly workloads: typeof workloads;
  readonly contestants: readonly ContestantName[];
  readonly runs: number;
  readonly scale: number;
  readonly json: string | null;
  readonly svg: string | null;
  readonly profile: string | null;
}

/** The command line can't be understood. Its message is meant for the user. */
export class UsageError extends Error {}

const options = {
  only: { type: 'string' },
  contestants: { type: 'string' },
  runs: { type: 'string', default: '3' },
  scale: { type: 'string', default: '1' },
  json: { type: 'string' },
  svg: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Null when help is asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): BenchOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const only = readNames(
    '--only',
    values.only,
    workloads.map(({ name }) => name),
  );
  return {
    workloads: workloads.filter(({ name }) => only.includes(name)),
    contestants: readNames('--contestants', values.contestants, contestantNames),
    runs: readNumber('--runs', values.runs, { min: 1, max: 100, isWhole: true }),
    scale: readNumber('--scale', values.scale, { min: 0.01, max: 1, isWhole: false }),
    json: values.json ?? null,
    svg: values.svg ?? null,
    profile: values.profile === undefined ? null : resolve(values.profile),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // parseArgs explains at length how to pass a value that looks like an option.
    throw new UsageError((error as Error).message.split('. ', 1).join());
  }
}

/** In the order in which they are known; all of them when none is named. */
function readNames<N extends string>(option: string, list: string | undefined, known: readonly N[]): N[] {
  if (list === undefined) return [...known];
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.some((other) => other === name));
  if (unknown.length > 0)
    throw new UsageError(`${option} has "${unknown.join(', ')}". There are: ${known.join(', ')}`);
  return known.filter((name) => names.includes(name));
}

function readNumber(
  option: string,
  text: string,
  { min, max, isWhole }: { min: number; max: number; isWhole: boolean },
): number {
  const value = Number(text);
  if (!(value >= min && value <= max) || (isWhole && !Number.isInteger(value)))
    throw new UsageError(
      `${option} is "${text}". It must be ${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}`,
    );
  return value;
}
