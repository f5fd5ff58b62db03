/** Measures what one event costs this service, step by step: the workload `many` under the profiler. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../machine.ts';
import { startRedis } from '../../redis-server.ts';
import { createRun } from '../../run.ts';
import { subjects } from '../../subjects.ts';
import { many, manyFanOut } from '../../workloads/many.ts';
import { subscriptionsOf } from '../../workloads/fan-out.ts';
import { stackTimes, type CpuProfile } from './profile.ts';
import { stepTimes } from './steps.ts';

/** Resolves with the table, Markdown. */
export async function runSteps(scale: number, machine: Machine): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-steps-'));
  const redis = await startRedis(machine.cores.others);
  try {
    const run = createRun({ subject: subjects.ours, machine, redis, scale, profile: folder });
    const { rows } = await many.run(run, 'ours');
    const file = join(folder, 'deliver-ours.cpuprofile');
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    return formatSteps(profile, rows[0]!.figures.deliveriesPerSecond as number);
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true });
  }
}

function formatSteps(profile: CpuProfile, deliveriesPerSecond: number): string {
  const seconds = profile.timeDeltas.reduce((sum, us) => sum + us, 0) / 1e6;
  const deliveriesPerEvent = subscriptionsOf(manyFanOut) / manyFanOut.topics;
  const events = (deliveriesPerSecond * seconds) / deliveriesPerEvent;
  const steps = stepTimes(stackTimes(profile));
  const total = steps.reduce((sum, { us }) => sum + us, 0);
  // At a small scale there may be no event at all.
  const perEvent = (us: number) => (events > 0 ? (us / events).toFixed(1) : '–');
  const row = (step: string, us: number) =>
    `| ${step} | ${perEvent(us)} | ${((100 * us) / total).toFixed(1)} % |`;
  return [
    '| step | µs per event | share |',
    '| --- | ---: | ---: |',
    ...steps.map(({ step, us }) => row(step, us)),
    row('in all', total),
  ].join('\n');
}
