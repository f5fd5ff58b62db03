/** Owns the command `npm run bench`: its output and its exit codes. */
import { writeFileSync } from 'node:fs';
import { runBench, type BenchListener } from '../../bench/bench.ts';
import { examineMachine, MachineError } from '../../bench/machine.ts';
import { parseOptions, usage, UsageError, type BenchOptions } from '../../bench/options.ts';
import { RedisMissing } from '../../bench/redis-server.ts';
import { drawLatencyOverLoad } from '../../bench/report/chart.ts';
import { formatTable } from '../../bench/report/table.ts';
import { formatTargets } from '../../bench/report/targets.ts';
import { hotFanOut } from '../../bench/workloads/hot.ts';
import { scaled } from '../../bench/workloads/workload.ts';

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options) return await run(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
    else if (error instanceof MachineError || error instanceof RedisMissing) {
      console.error(error.message);
      return 1;
    } else throw error;
    return 2;
  }
}

const listener: BenchListener = {
  onRun: (workload, contestant, run) => console.error(`${workload}, run ${run}: ${contestant}`),
  onWorkload({ name, what }, rows) {
    for (const [workload, own] of Map.groupBy(rows, (row) => row.workload))
      console.log(`\n## ${workload}\n\n${name === workload ? `${what}\n\n` : ''}${formatTable(own)}`);
  },
  onFailure: (failure) => console.error(`FAILED ${failure}`),
};

async function run(options: BenchOptions): Promise<number> {
  const machine = examineMachine();
  console.log(`${machine.description}; median of ${options.runs}, scale ${options.scale}`);
  for (const warning of machine.warnings) console.error(`Mind: ${warning}`);
  const { rows, failures } = await runBench(options, machine, listener);
  if (options.scale === 1) console.log(`\n## Targets\n\n${formatTargets(rows).join('\n')}`);
  if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  const curve = rows.filter(({ workload }) => workload === 'load');
  if (options.svg !== null && curve.length > 0)
    writeFileSync(options.svg, drawLatencyOverLoad(curve, scaled(hotFanOut.sockets, options.scale)));
  return failures.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
