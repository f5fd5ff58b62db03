/** The command `npm run bench`: prints what the bench measures, and sets the exit code. */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { runAgainst, type AgainstListener } from '../../bench/against/against.ts';
import { CheckoutError } from '../../bench/against/checkout.ts';
import { runBench, type BenchListener } from '../../bench/bench.ts';
import { examineMachine, MachineError, type Machine } from '../../bench/machine.ts';
import {
  fewestPairs,
  parseOptions,
  parseTableOptions,
  usage,
  type AgainstOptions,
  type SubjectsOptions,
  type TableOptions,
} from '../../bench/options.ts';
import { RedisMissing } from '../../bench/redis-server.ts';
import { drawLatencyOverLoad } from '../../bench/report/chart.ts';
import { formatComparisons } from '../../bench/report/comparison-table.ts';
import { formatTable } from '../../bench/report/table.ts';
import { formatTargets } from '../../bench/report/targets.ts';
import { runArea } from '../../bench/tables/area/area.ts';
import { runCompression } from '../../bench/tables/compression.ts';
import { runFilters } from '../../bench/tables/filters.ts';
import { runReceipts } from '../../bench/tables/receipts.ts';
import { runRedisMemory } from '../../bench/tables/redis-memory.ts';
import { runRequestSteps } from '../../bench/tables/steps/requests.ts';
import { runRows } from '../../bench/tables/rows.ts';
import { runScale } from '../../bench/tables/scale/scale.ts';
import { runTracing } from '../../bench/tables/tracing.ts';
import { runSteps } from '../../bench/tables/steps/table.ts';
import { hotFanOut } from '../../bench/workloads/hot.ts';
import { scaled, type Workload } from '../../bench/workloads/workload.ts';
import { runCommand } from './command.ts';

async function start(args: readonly string[]): Promise<number> {
  const table = parseTableOptions(args);
  return table ? makeTable(table, examineMachine()) : run(parseOptions(args));
}

async function run(options: SubjectsOptions | AgainstOptions): Promise<number> {
  const machine = examineMachine();
  console.log(`${machine.description}; ${describe(options)}, scale ${options.scale}`);
  for (const warning of machine.warnings) warn(warning);
  return 'against' in options ? compareWith(options, machine) : measure(options, machine);
}

async function makeTable({ table, scale }: TableOptions, machine: Machine): Promise<number> {
  console.log(`${machine.description}; scale ${scale}\n`);
  const onStep = (step: string) => console.error(step);
  const tables = {
    rows: () => runRows(scale, { onStep }),
    'redis-memory': () => runRedisMemory(),
    receipts: () => runReceipts(scale, { onStep }),
    area: () => runArea(scale, { onStep }),
    filters: () => runFilters(scale, { onStep }),
    compression: () => runCompression(scale, { onStep }),
    tracing: () => runTracing(scale, { onStep }),
    scale: () => runScale(scale, machine, { onStep }),
    steps: () => runSteps(scale, machine),
    'request-steps': () => runRequestSteps(scale, machine),
  };
  console.log(await tables[table]());
  return 0;
}

const describe = (options: SubjectsOptions | AgainstOptions) =>
  'against' in options
    ? `this tree against ${options.against}, ${counted(options.pairs)} of runs`
    : `median of ${options.runs}`;

const counted = (pairs: number) => `${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`;
const warn = (warning: string) => console.error(`warning: ${warning}`);
const onFailure = (failure: string) => console.error(`FAILED ${failure}`);

/** Prints a heading and a table for each row of the workload; a workload with one row is also described. */
function printRows<R extends { readonly workload: string }>(
  { name, what }: Workload,
  rows: readonly R[],
  format: (rows: readonly R[]) => string,
): void {
  for (const [workload, own] of Map.groupBy(rows, (row) => row.workload))
    console.log(`\n## ${workload}\n\n${name === workload ? `${what}\n\n` : ''}${format(own)}`);
}

const benchListener: BenchListener = {
  onLeftOut: (subject, why) => console.error(`${subject} is left out: ${why}`),
  onRun: (workload, subject, round) => console.error(`${workload}, run ${round}: ${subject}`),
  onWorkload: (workload, rows) => printRows(workload, rows, formatTable),
  onFailure,
};

async function measure(options: SubjectsOptions, machine: Machine): Promise<number> {
  const { rows, failures } = await runBench(options, machine, benchListener);
  if (options.scale === 1) console.log(`\n## Targets\n\n${formatTargets(rows).join('\n')}`);
  writeJson(options, rows);
  const curve = rows.filter(({ workload }) => workload === 'load');
  if (options.svg !== null && curve.length > 0)
    writeFileSync(options.svg, drawLatencyOverLoad(curve, scaled(hotFanOut.sockets, options.scale)));
  return failures.length > 0 ? 1 : 0;
}

async function compareWith(options: AgainstOptions, machine: Machine): Promise<number> {
  const listener: AgainstListener = {
    onInstall: () => console.error(`${options.against} has another lock file: npm ci installs its packages`),
    onCheckout: (commit) => console.error(`the base, ${options.against}, is commit ${commit}`),
    onRun: (workload, pair, label) =>
      console.error(`${workload}, pair ${pair} of ${options.pairs}: ${label}`),
    onWorkload(workload, comparisons, pairs) {
      printRows(workload, comparisons, formatComparisons);
      if (comparisons.length === 0)
        console.log(
          `\n## ${workload.name}\n\nNo pair of runs has figures to compare: the runs failed, or were too short.`,
        );
      if (pairs < fewestPairs)
        console.log(
          `\n${counted(pairs)} of runs ${pairs === 1 ? 'says' : 'say'} little about a change: use ${fewestPairs} or more.`,
        );
    },
    onWarning: warn,
    onFailure,
  };
  const { comparisons, failures } = await runAgainst(options, machine, listener);
  writeJson(options, comparisons);
  return failures.length > 0 ? 1 : 0;
}

function writeJson({ json }: { readonly json: string | null }, rows: readonly unknown[]): void {
  if (json !== null) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
}

// Child processes and temporary folders are removed by listeners of 'exit', which Node does not emit when a signal kills it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
await runCommand({
  ...{ usage, run: start },
  exitCodes: [
    [MachineError, 1],
    [RedisMissing, 1],
    [CheckoutError, 2],
  ],
});
