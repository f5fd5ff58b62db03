/** The command line of the bench. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { contestantNames, type ContestantName } from './contestants.ts';
import { workloads } from './workloads.ts';

/** Pairs of runs that are needed to say something about a change. */
export const fewestPairs = 10;
/** What is compared with another commit unless `--only` says otherwise: the workloads that count deliveries. */
const comparedWorkloads = ['hot', 'board', 'many'];

export const usage = `npm run bench -- [options]
  Measures this service side by side with others, on one machine in one run: the server on one core, its clients on another,
  a real Redis between them and the process that publishes. Takes a good half hour; --only and --runs make it shorter.

npm run bench -- --against REF [options]
  Measures this tree's service, changes without a commit included, against that of another commit: in pairs of runs, one of
  each, now the one first and now the other. Says by how much each figure differs from pair to pair, and whether that is
  more than the runs' own spread. Clients, events and measuring are this tree's for both. Takes a quarter of an hour for
  each workload.

Options
  --only A,B          only these workloads: ${workloads.map(({ name }) => name).join(', ')}
                      (default: all of them; with --against ${comparedWorkloads.join(', ')})
  --contestants A,B   only these contestants: ${contestantNames.join(', ')}
  --runs N            runs of each, of which the median counts (default 3)
  --against REF       a branch, a tag or a commit
  --pairs N           pairs of runs of each workload (default ${fewestPairs}; fewer say little, and the output says so)
  --scale N           share of the sockets, topics and rates, from 0.01 to 1 (default 1)
  --json FILE         writes the figures as an array of rows
  --svg FILE          writes the curve of latency over load
  --profile FOLDER    has the servers write CPU profiles of what is measured there; it slows them down
  --help              this text

Needs Linux, redis-server and, to pin processes, taskset and two cores.
Exit codes: 0 all was measured, 1 something failed, 2 the command is not usable.`;

interface SharedOptions {
  readonly workloads: typeof workloads;
  readonly scale: number;
  readonly json: string | null;
  readonly profile: string | null;
}

export interface ContestantsOptions extends SharedOptions {
  readonly contestants: readonly ContestantName[];
  readonly runs: number;
  readonly svg: string | null;
}

export interface AgainstOptions extends SharedOptions {
  /** What git knows the other commit by. */
  readonly against: string;
  readonly pairs: number;
}

/** The command line cannot be understood. Its message is meant for the user. */
export class UsageError extends Error {}

const options = {
  only: { type: 'string' },
  contestants: { type: 'string' },
  runs: { type: 'string' },
  against: { type: 'string' },
  pairs: { type: 'string' },
  scale: { type: 'string', default: '1' },
  json: { type: 'string' },
  svg: { type: 'string' },
  profile: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof parse>;

/** Null when help is asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): ContestantsOptions | AgainstOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const { against } = values;
  if (against === undefined) {
    refuse(values, ['pairs'], 'goes only with --against');
    return readContestants(values);
  }
  refuse(values, ['contestants', 'runs', 'svg'], 'does not go with --against');
  return readAgainst(values, against);
}

function refuse(values: Values, names: readonly (keyof Values)[], why: string): void {
  for (const name of names) if (values[name] !== undefined) throw new UsageError(`--${name} ${why}`);
}

function readContestants(values: Values): ContestantsOptions {
  return {
    ...readShared(values),
    contestants: readNames('--contestants', values.contestants, contestantNames),
    runs: readNumber('--runs', values.runs ?? '3', { min: 1, max: 100, isWhole: true }),
    svg: values.svg ?? null,
  };
}

function readAgainst(values: Values, against: string): AgainstOptions {
  return {
    ...readShared({ ...values, only: values.only ?? comparedWorkloads.join() }),
    against,
    pairs: readNumber('--pairs', values.pairs ?? String(fewestPairs), { min: 1, max: 100, isWhole: true }),
  };
}

function readShared({ only, scale, json, profile }: Values): SharedOptions {
  const names = readNames(
    '--only',
    only,
    workloads.map(({ name }) => name),
  );
  return {
    workloads: workloads.filter(({ name }) => names.includes(name)),
    scale: readNumber('--scale', scale, { min: 0.01, max: 1, isWhole: false }),
    json: json ?? null,
    profile: profile === undefined ? null : resolve(profile),
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
