/** The workload `mixed`: evenings of twenty cities at once, with boards, single dispatches, positions, and clients that come back. */
import { readMetric } from '../../subjects/ours.ts';
import type { SubjectName } from '../../subjects.ts';
import type { EveningFigures, EveningOpening } from '../../load/evening/evening.ts';
import type { Stage } from '../../stage.ts';
import { scaled, scaledMs, type Figures, type Measured, type Run, type Workload } from '../workload.ts';
import { busiestEvening } from './rates.ts';

/** One real city is 21 positions and a change in half a minute: what many of them need of one process can be measured. */
const cities = 20;
const dispatchersPerCity = 10;
/** Who has called, and the hospital. */
const watchersPerDispatch = 2;
/** Of all sockets, each second. */
const reconnecting = 0.01;

const warmUpMs = 10_000;
/** Parts of the time, each with latencies of its own, of a second at least. */
const mostSlices = 12;
/** The heap is looked at for the first time when V8 has settled, and then at the end. */
const firstHeapSeconds = 120;
const probePublishedUs = 1_234_567_890;
const receiveTimeoutMs = 60_000;

const dispatchesPerCity = busiestEvening.ambulances;

export const mixed: Workload = {
  name: 'mixed',
  what:
    `an evening of ${cities} cities: boards, single dispatches, ${cities * dispatchesPerCity} ambulances that tell their place ` +
    'once a second, and 1 % of the sockets that come back each second',
  // Those that show boards and positions, with the operation's id in each event: by it clients tell the streams of a socket apart.
  subjects: ['ours', 'plain', 'raw', 'net'],
  run(run, subject) {
    const people = {
      dispatchersPerCity,
      watchersPerDispatch,
      dispatchesPerCity,
      cities: scaled(cities, run.scale),
    };
    const dispatches = people.cities * dispatchesPerCity;
    const sockets = people.cities * dispatchersPerCity + dispatches * watchersPerDispatch;
    return run.on({ sockets, dispatches }, async (stage) => {
      const { port, protocol, tokens } = stage.opening;
      const opening = { port, protocol, tokens, ...people, canResume: subject === 'ours' };
      const samples = await begin(stage, opening);
      return { ...(await play(stage, opening, run, subject)), samples };
    });
  },
};

/** Opens and subscribes all clients. Ends when each has been shown one event of all that it watches. */
async function begin(stage: Stage, opening: EveningOpening): Promise<unknown[]> {
  const { generator, publisher } = stage;
  await generator.ask('eveningOpen', opening);
  await stage.quiet();
  const dispatches = opening.cities * opening.dispatchesPerCity;
  const { cities, dispatchersPerCity: dispatchers, watchersPerDispatch: watchers } = opening;
  const expected = dispatches * (dispatchers * cities + 2 * watchers + dispatchers);
  await publisher.ask('eveningProbe', { dispatches, publishedUs: probePublishedUs });
  const received = await generator.ask('eveningReceived', { atLeast: expected, timeoutMs: receiveTimeoutMs });
  if (received !== expected) throw new Error(`Clients were shown ${received} of ${expected} events.`);
  const samples = await generator.ask('eveningSamples', null);
  await generator.ask('eveningClear', null);
  return samples;
}

async function play(
  stage: Stage,
  opening: EveningOpening,
  { seconds, scale }: Run,
  subject: SubjectName,
): Promise<Omit<Measured, 'samples'>> {
  const { generator, publisher, server } = stage;
  const slices = Math.min(mostSlices, seconds);
  const [warmMs, sliceMs] = [scaledMs(warmUpMs, scale), (seconds * 1_000) / slices];
  const publishing = publisher.ask('evening', {
    dispatches: opening.cities * opening.dispatchesPerCity,
    changesPerHour: opening.cities * busiestEvening.changesPerHour,
    // Until `stop`: what is measured on the way takes time as well.
    durationMs: warmMs + 2 * seconds * 1_000,
  });
  // What fails on the way is thrown where it is awaited.
  publishing.catch(() => undefined);
  const watch = (durationMs: number) =>
    generator.ask('eveningWindow', { pid: server.pid, durationMs, reconnecting });
  await watch(warmMs);
  const windows: EveningFigures[] = [];
  const heaps: number[] = [];
  const firstSlice = Math.max(
    1,
    Math.floor(Math.min(firstHeapSeconds * 1_000, (seconds * 1_000) / 2) / sliceMs),
  );
  while (windows.length < slices) {
    windows.push(await watch(sliceMs));
    if ([firstSlice, slices].includes(windows.length)) heaps.push(await server.ask('heapBytes', null));
  }
  await publisher.ask('stop', null);
  await publishing;
  const residentMb = (await stage.heldKb()) / 1024;
  const tally = await generator.ask('eveningTally', null);
  const own = subject === 'ours' ? await ownFigures(stage.port) : {};
  const [before, after] = heaps as [number, number];
  const heap = { heapMb: after / 2 ** 20, heapGrowth: after / before };
  const figures: Figures = { ...sumOf(windows), ...tally, ...heap, ...own, residentMb };
  const overTime = windows.map((window, at) => ({
    workload: 'mixed-over-time',
    figures: {
      second: Math.round(((at + 1) * sliceMs) / 1_000),
      cpuShare: window.cpuSeconds / window.seconds,
      p50Ms: window.p50Ms,
      p99Ms: window.p99Ms,
    },
  }));
  return {
    rows: [{ workload: 'mixed', figures }, ...overTime],
    failures: subject === 'ours' ? brokenPromises(figures) : [],
  };
}

/** What this service counts of its clients. */
async function ownFigures(port: number): Promise<Figures> {
  const metrics = {
    gaps: 'dispatch_event_log_gaps_total',
    slowReaders: 'dispatch_slow_readers_closed_total',
  };
  const read = await Promise.all(
    Object.entries(metrics).map(
      async ([figure, metric]) => [figure, await readMetric(port, metric)] as const,
    ),
  );
  return Object.fromEntries(read);
}

function sumOf(windows: readonly EveningFigures[]): Figures {
  const sum = (of: (window: EveningFigures) => number) =>
    windows.reduce((total, window) => total + of(window), 0);
  const [seconds, cpuSeconds, deliveries] = [
    sum((window) => window.seconds),
    sum((window) => window.cpuSeconds),
    sum((window) => window.deliveries),
  ];
  return {
    deliveriesPerCpuSecond: cpuSeconds > 0 ? deliveries / cpuSeconds : null,
    deliveriesPerSecond: deliveries / seconds,
    cpuShare: cpuSeconds / seconds,
    waitedShare: sum((window) => window.waitedSeconds) / seconds,
  };
}

/** Of this service alone: the others do not say that nothing is lost. */
export function brokenPromises({ lost, gaps, slowReaders }: Figures): string[] {
  return [
    ...(lost ? [`${lost} events were lost.`] : []),
    ...(gaps ? [`${gaps} gaps in what came from Redis.`] : []),
    ...(slowReaders ? [`${slowReaders} clients were ended as slow readers.`] : []),
  ];
}
