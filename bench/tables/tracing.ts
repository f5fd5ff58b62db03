/**
 * Measures what traces cost: one server that sends them, to which the same events come, of which in every second window one in a
 * hundred is a part of a trace that is recorded. So all else is equal, and the windows of one process are compared.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { examineMachine } from '../machine.ts';
import { startRedis } from '../redis-server.ts';
import { quantile } from '../report/quantile.ts';
import { Stage } from '../stage.ts';
import { subjects } from '../subjects.ts';
import type { ServerOptions } from '../subjects/options.ts';
import { boardFanOut } from '../workloads/board.ts';
import { scaleFanOut, subscribeAll, type FanOut } from '../workloads/fan-out.ts';
import { scaledMs } from '../workloads/workload.ts';
import type { RowsListener } from './rows.ts';

const warmUpMs = 20_000;
const windowMs = 10_000;
/** Pairs of windows, the first of them traced and untraced in turn. */
const pairsInAll = 12;

/** Resolves with the table, Markdown. `scale` is the share of the sockets, topics, rates and pairs. */
export async function runTracing(scale: number, { onStep }: RowsListener): Promise<string> {
  const { cores } = examineMachine();
  await using receiver = await receiveSpans();
  const redis = await startRedis(cores.others);
  const { ours } = subjects;
  const sending = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    // Metrics are sent in both kinds of windows, or in one of them by chance.
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
    // Or spans of one window would be sent in the next.
    OTEL_BSP_SCHEDULE_DELAY: '1000',
  };
  const fanOut = scaleFanOut(boardFanOut, scale);
  const subject = {
    ...ours,
    env: (server: ServerOptions) => ({ ...ours.env(server), ...sending }),
  };
  const { sockets, topics } = fanOut;
  const stage = await Stage.set({
    ...{ subject, redisUrl: redis.url, cores, profileFolder: null },
    ...{ sockets, dispatches: topics },
  });
  try {
    await subscribeAll(stage, fanOut);
    onStep('warm-up');
    await play(stage, fanOut, true, scaledMs(warmUpMs, scale));
    const ratios: number[] = [];
    const pairs = Math.max(2, Math.round(pairsInAll * scale));
    for (let pair = 1; pair <= pairs; pair += 1) {
      onStep(`pair ${pair} of ${pairs}`);
      const cpu = new Map<boolean, number>();
      for (const isTraced of pair % 2 === 0 ? [true, false] : [false, true])
        cpu.set(isTraced, await play(stage, fanOut, isTraced, scaledMs(windowMs, scale)));
      ratios.push(cpu.get(true)! / cpu.get(false)!);
    }
    if (receiver.requests === 0) throw new Error('No spans came.');
    return format(ratios);
  } finally {
    await stage.clear();
    await redis.stop();
  }
}

/** Returns the CPU time of a delivery, seconds, of all threads of the server. */
async function play(
  { publisher, generator, server }: Stage,
  { topics, eventsPerSecond }: FanOut,
  isTraced: boolean,
  durationMs: number,
): Promise<number> {
  const publishing = publisher.ask('atRate', { topics, eventsPerSecond, durationMs, isTraced });
  const { cpuSeconds, deliveries } = await generator.ask('window', { pid: server.pid, durationMs });
  await publishing;
  return cpuSeconds / deliveries;
}

/** Takes what is sent by OTLP, and counts the requests. */
async function receiveSpans() {
  const receiver = { requests: 0 };
  const server = createServer((request, response) => {
    receiver.requests += 1;
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(receiver, {
    url,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}

function format(ratios: readonly number[]): string {
  const at = (share: number) => quantile([...ratios], share).toFixed(3);
  return [
    '| CPU per delivery with traces, without = 1 | quartiles | least to most | pairs of windows |',
    '| ---: | ---: | ---: | ---: |',
    `| ${at(0.5)} | ${at(0.25)}–${at(0.75)} | ${at(0)}–${at(1)} | ${ratios.length} |`,
  ].join('\n');
}
