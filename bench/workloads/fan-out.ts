/** Owns how delivery is measured: clients subscribe, events come at a steady rate, and what arrives is counted. */
import { operation, operationName } from '../dispatch-event.ts';
import type { WindowFigures } from '../load/load.ts';
import type { Stage } from '../stage.ts';
import { scaled, scaledMs, type Figures, type Measured, type Run } from './workload.ts';

export interface FanOut {
  readonly sockets: number;
  readonly topics: number;
  /** Subscriptions of each socket. */
  readonly perSocket: number;
  readonly eventsPerSecond: number;
}

const warmUpMs = 4_000;
const windowMs = 8_000;
/** The same for every contestant, so that what it shows can be compared to the byte. */
const probePublishedUs = 1_234_567_890;

export function scaleFanOut(full: FanOut, scale: number): FanOut {
  const topics = scaled(full.topics, scale);
  return {
    sockets: scaled(full.sockets, scale),
    topics,
    perSocket: Math.min(full.perSocket, topics),
    eventsPerSecond: scaled(full.eventsPerSecond, scale),
  };
}

/** Subscriptions that an event reaches, over all topics. */
export const subscriptionsOf = ({ sockets, perSocket }: FanOut) => sockets * perSocket;

export interface Settled {
  readonly kbPerConnection: number;
  readonly kbPerSubscription: number | null;
  readonly usPerSubscribe: number | null;
  readonly residentMb: number;
  readonly samples: readonly unknown[];
}

/** Brings all subscribers in, and says what each of them costs. Ends with an event that each has seen. */
export async function settle(stage: Stage, fanOut: FanOut): Promise<Settled> {
  const { generator } = stage;
  const { sockets, topics, perSocket } = fanOut;
  const emptyKb = await stage.heldKb();
  await generator.ask('open', stage.opening);
  const hasMany = perSocket > 1;
  const connectedKb = hasMany ? await stage.heldKb() : emptyKb;
  const beganCpu = await stage.quiet();
  const subscribedCpu = await stage.profiled('subscribe', () =>
    stage.subscribe({ query: operation, operationName, topics, perSocket }),
  );
  const residentMb = stage.residentKb() / 1024;
  const heldKb = await stage.heldKb();
  const subscriptions = subscriptionsOf(fanOut);
  return {
    kbPerConnection: ((hasMany ? connectedKb : heldKb) - emptyKb) / sockets,
    kbPerSubscription: hasMany ? (heldKb - connectedKb) / subscriptions : null,
    usPerSubscribe: hasMany ? ((subscribedCpu - beganCpu) / subscriptions) * 1e6 : null,
    residentMb,
    samples: await probe(stage, fanOut),
  };
}

/** One event for each subscription. Throws when one is not shown it. */
async function probe(stage: Stage, fanOut: FanOut) {
  const { generator, publisher } = stage;
  const { topics } = fanOut;
  const expected = subscriptionsOf(fanOut);
  await generator.ask('clear', null);
  await publisher.ask('burst', { topics, perTopic: 1, publishedUs: probePublishedUs });
  await stage.received('deliveries', expected);
  return generator.ask('samples', null);
}

/** Publishes, and counts what arrives once everything is warm. */
export async function deliver(stage: Stage, fanOut: FanOut, scale: number): Promise<Figures> {
  const { generator, publisher, server } = stage;
  const { topics, eventsPerSecond } = fanOut;
  const [warmMs, durationMs] = [scaledMs(warmUpMs, scale), scaledMs(windowMs, scale)];
  const publishing = publisher.ask('atRate', { topics, eventsPerSecond, durationMs: warmMs + durationMs });
  await generator.ask('window', { pid: server.pid, durationMs: warmMs });
  const figures = await stage.profiled('deliver', () =>
    generator.ask('window', { pid: server.pid, durationMs }),
  );
  await publisher.ask('stop', null);
  await publishing;
  return deliveryFigures(figures, fanOut);
}

function deliveryFigures(window: WindowFigures, fanOut: FanOut): Figures {
  const { deliveries, seconds, cpuSeconds, p50Ms, p99Ms } = window;
  const asked = (fanOut.eventsPerSecond * subscriptionsOf(fanOut)) / fanOut.topics;
  return {
    deliveriesPerCpuSecond: cpuSeconds > 0 ? deliveries / cpuSeconds : null,
    deliveriesPerSecond: deliveries / seconds,
    // Less than 1 where the contestant does not keep up.
    deliveredShare: deliveries / (asked * seconds),
    cpuShare: cpuSeconds / seconds,
    p50Ms,
    p99Ms,
  };
}

/** A whole run. */
export async function runFanOut(run: Run, workload: string, full: FanOut): Promise<Measured> {
  const fanOut = scaleFanOut(full, run.scale);
  return run.on({ sockets: fanOut.sockets, dispatches: fanOut.topics }, async (stage) => {
    const { samples, ...costs } = await settle(stage, fanOut);
    const figures = await deliver(stage, fanOut, run.scale);
    return { rows: [{ workload, figures: { ...figures, ...costs } }], samples };
  });
}
