/** Measures what one request over HTTP costs this service, step by step: the workload `http`, without and with the profiler. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldDispatches } from '../../dispatches.ts';
import type { Machine } from '../../machine.ts';
import { startRedis } from '../../redis-server.ts';
import { Stage } from '../../stage.ts';
import { subjects } from '../../subjects.ts';
import { askWindow, askedOverHttp, type AskedOverHttp } from '../../workloads/http.ts';
import { stackTimes, type CpuProfile } from './profile.ts';
import { requestSteps } from './request-steps.ts';

const times = { warmUpMs: 8_000, durationMs: 4_000 };

interface Measured {
  readonly what: AskedOverHttp;
  /** Of one request, without the profiler: with it each takes longer. */
  readonly us: number;
  readonly steps: ReturnType<typeof requestSteps>;
}

/** Resolves with the table, Markdown. */
export async function runRequestSteps(scale: number, { cores }: Machine): Promise<string> {
  const profileFolder = mkdtempSync(join(tmpdir(), 'dispatch-steps-'));
  const redis = await startRedis(cores.others);
  try {
    const stage = await Stage.set({
      ...{ subject: subjects.ours, redisUrl: redis.url, cores, profileFolder },
      ...{ sockets: 1, dispatches: heldDispatches, isHttp: true },
    });
    try {
      const measured: Measured[] = [];
      for (const what of ['entities', 'list'] as const)
        measured.push(await measure(stage, what, scale, profileFolder));
      return format(measured);
    } finally {
      await stage.clear();
    }
  } finally {
    await redis.stop();
    rmSync(profileFolder, { recursive: true });
  }
}

async function measure(stage: Stage, what: AskedOverHttp, scale: number, folder: string): Promise<Measured> {
  const ask = () => askWindow(stage, askedOverHttp[what], times, scale);
  const { cpuSeconds, requests } = await ask();
  await stage.profiled(what, ask);
  const file = join(folder, `${what}-${stage.subject.label}.cpuprofile`);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  return { what, us: (cpuSeconds / requests) * 1e6, steps: requestSteps(stackTimes(profile)) };
}

function format(measured: readonly Measured[]): string {
  const row = (step: string, us: readonly number[]) =>
    `| ${step} | ${us.map((one) => one.toFixed(1)).join(' | ')} |`;
  return [
    `| step | ${measured.map(({ what }) => `_${what}_, µs`).join(' | ')} |`,
    `| --- | ${measured.map(() => '---:').join(' | ')} |`,
    ...measured[0]!.steps.map(({ step }, at) =>
      row(
        step,
        measured.map(({ us, steps }) => us * steps[at]!.share),
      ),
    ),
    row(
      'in all',
      measured.map(({ us }) => us),
    ),
  ].join('\n');
}
