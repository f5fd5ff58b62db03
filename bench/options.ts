/** Parses the command line of the bench. */
import { resolve } from 'node:path';
import { parseCommandLine, readNumber, UsageError } from '../src/cli/command.ts';
import { defaultSeconds } from './run.ts';
import { subjectNames, type SubjectName } from './subjects.ts';
import { workloads } from './workloads.ts';

/** The fewest pairs of runs that say something about a change. */
export const fewestPairs = 10;
/** The workloads of `--against` without `--only`: those that count deliveries. */
const comparedWorkloads = ['hot', 'board', 'many'];

export const usage = `npm run bench -- [options]
  Measures this service and others on one machine, in one run: the server on one core; its clients, a real Redis and the
  process that publishes on another. Takes a good half hour; --only and --runs make it shorter.

npm run bench -- --against REF [options]
  Compares this tree's service, uncommitted changes included, with that of another commit, in pairs of runs in changing
  order: by how much each figure differs, and whether that is more than the spread. A quarter of an hour for each workload.

npm run bench -- --only rows|redis-memory|receipts|area|filters|scale|compression|tracing|steps|request-steps [--scale N]
  Prints a table of the operations guide: databases with ten thousand and a million rows (a quarter of an hour; wants
  PostgreSQL), the memory that an event takes of Redis, what receipts cost (two minutes; wants PostgreSQL), what a thousand
  maps cost (two minutes), what a filter each costs (four minutes), what 1, 2, 4 and 10 processes on one Redis cost (five
  minutes; wants PostgreSQL), what compressed answers cost (a minute), what traces cost (six minutes). Or one of
  docs/architecture.md: what one event costs, or one request over HTTP, step by step.

Options
  --only A,B          only these workloads: ${workloads.map(({ name }) => name).join(', ')}
                      (default: all of them; with --against ${comparedWorkloads.join(', ')})
  --subjects A,B      only these servers: ${subjectNames.join(', ')}
  --runs N            runs of each; their median is the result (default 3)
  --against REF       a branch, a tag or a commit
  --env NAME=VALUE    with --against: of this tree's service alone; more than once for several (REF may be HEAD)
  --pairs N           pairs of runs of each workload (default ${fewestPairs}; the output warns of fewer)
  --seconds N         how long mixed goes on, from 10 to 86400 (default ${defaultSeconds}); 600 says whether the heap grows
  --scale N           share of the sockets, topics and rates, from 0.01 to 1 (default 1)
  --json FILE         writes the figures as an array of rows
  --svg FILE          writes the curve of latency over load
  --profile FOLDER    the servers on Node write CPU profiles of what is measured to it, which slows
                      them down
  --help              this text

Needs Linux, redis-server and, to pin processes, taskset and two cores.
Exit codes: 0 everything was measured, 1 something failed, 2 the command line or REF cannot be used.`;

interface SharedOptions {
  readonly workloads: typeof workloads;
  readonly scale: number;
  readonly seconds: number;
  readonly json: string | null;
  readonly profile: string | null;
}

export interface SubjectsOptions extends SharedOptions {
  readonly subjects: readonly SubjectName[];
  readonly runs: number;
  readonly svg: string | null;
}

/** What is measured without clients, each by itself. */
const tables = [
  'rows',
  'redis-memory',
  'receipts',
  'area',
  'filters',
  'scale',
  'compression',
  'tracing',
  'steps',
  'request-steps',
] as const;

/** A table of the guides is made. */
export interface TableOptions {
  readonly table: (typeof tables)[number];
  readonly scale: number;
}

export interface AgainstOptions extends SharedOptions {
  /** The other commit: a branch, a tag or a hash. */
  readonly against: string;
  readonly pairs: number;
  /** Of this tree's service alone. */
  readonly env: Readonly<Record<string, string>>;
}

const options = {
  only: { type: 'string' },
  subjects: { type: 'string' },
  runs: { type: 'string' },
  against: { type: 'string' },
  pairs: { type: 'string' },
  env: { type: 'string', multiple: true },
  scale: { type: 'string', default: '1' },
  seconds: { type: 'string' },
  json: { type: 'string' },
  svg: { type: 'string' },
  profile: { type: 'string' },
} as const;
type Values = ReturnType<typeof parse>;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): SubjectsOptions | AgainstOptions {
  const values = parse(args);
  const { against } = values;
  if (against === undefined) {
    refuse(values, ['pairs', 'env'], 'goes only with --against');
    return readSubjects(values);
  }
  refuse(values, ['subjects', 'runs', 'svg'], 'does not go with --against');
  return readAgainst(values, against);
}

function refuse(values: Values, names: readonly (keyof Values)[], why: string): void {
  for (const name of names) if (values[name] !== undefined) throw new UsageError(`--${name} ${why}`);
}

function readSubjects(values: Values): SubjectsOptions {
  return {
    ...readShared(values),
    subjects: readNames('--subjects', values.subjects, subjectNames),
    runs: readNumber('--runs', values.runs ?? '3', { min: 1, max: 100 }),
    svg: values.svg ?? null,
  };
}

/** Null unless one of the tables is asked for. @throws UsageError */
export function parseTableOptions(args: readonly string[]): TableOptions | null {
  const values = parse(args);
  const table = tables.find((name) => name === values.only);
  if (table === undefined) return null;
  const others = [
    'against',
    'pairs',
    'env',
    'subjects',
    'runs',
    'seconds',
    'json',
    'svg',
    'profile',
  ] as const;
  refuse(values, others, `does not go with --only ${table}`);
  return { table, scale: readScale(values.scale) };
}

const readScale = (text: string) => readNumber('--scale', text, { min: 0.01, max: 1, isWhole: false });

function readAgainst(values: Values, against: string): AgainstOptions {
  return {
    ...readShared({ ...values, only: values.only ?? comparedWorkloads.join() }),
    against,
    env: Object.fromEntries((values.env ?? []).map(readVariable)),
    pairs: readNumber('--pairs', values.pairs ?? String(fewestPairs), { min: 1, max: 100 }),
  };
}

function readVariable(text: string): readonly [string, string] {
  const [, name, value] = /^([A-Z]\w*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--env is "${text}". It must be NAME=VALUE`);
  return [name, value];
}

function readShared({ only, scale, seconds, json, profile }: Values): SharedOptions {
  const names = readNames(
    '--only',
    only,
    workloads.map(({ name }) => name),
  );
  if (seconds !== undefined && !names.includes('mixed'))
    throw new UsageError('--seconds goes only with mixed');
  return {
    workloads: workloads.filter(({ name }) => names.includes(name)),
    seconds: readNumber('--seconds', seconds ?? String(defaultSeconds), { min: 10, max: 86_400 }),
    scale: readScale(scale),
    json: json ?? null,
    profile: profile === undefined ? null : resolve(profile),
  };
}

const parse = (args: readonly string[]) => parseCommandLine(args, options);

/** The names of the list, in the order of `known`; all of `known` when there is no list. */
function readNames<N extends string>(option: string, list: string | undefined, known: readonly N[]): N[] {
  if (list === undefined) return [...known];
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.some((other) => other === name));
  if (unknown.length > 0)
    throw new UsageError(`${option} has "${unknown.join(', ')}". There are: ${known.join(', ')}`);
  return known.filter((name) => names.includes(name));
}
