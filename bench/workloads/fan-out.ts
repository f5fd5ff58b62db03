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

/** V8 goes on making hot code faster for about as long. */
const warmUpMs = 12_000;
const windowMs = 8_000;
/** The last one is measured. */
const subscribeRounds = 2;
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

/** With one subscription on a socket, what it costs cannot be told from what the socket costs. */
const hasManyPerSocket = ({ perSocket }: FanOut) => perSocket > 1;

export interface Settled {
  readonly kbPerConnection: number;
  readonly kbPerSubscription: number | null;
  readonly residentMb: number;
  readonly samples: readonly unknown[];
}

/** Brings all subscribers in, and says what each of them costs. Ends with an event that each has seen. */
export async function settle(stage: Stage, fanOut: FanOut): Promise<Settled> {
  const { generator } = stage;
  const { sockets, topics, perSocket } = fanOut;
  const emptyKb = await stage.heldKb();
  await generator.ask('open', stage.opening);
  const hasMany = hasManyPerSocket(fanOut);
  const connectedKb = hasMany ? await stage.heldKb() : emptyKb;
  await stage.subscribe({ query: operation, operationName, topics, perSocket });
  const residentMb = stage.residentKb() / 1024;
  const heldKb = await stage.heldKb();
  const subscriptions = subscriptionsOf(fanOut);
  return {
    kbPerConnection: ((hasMany ? connectedKb : heldKb) - emptyKb) / sockets,
    kbPerSubscription: hasMany ? (heldKb - connectedKb) / subscriptions : null,
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
  const { deliveries, seconds, cpuSeconds, waitedSeconds, p50Ms, p99Ms } = window;
  const asked = (fanOut.eventsPerSecond * subscriptionsOf(fanOut)) / fanOut.topics;
  return {
    deliveriesPerCpuSecond: cpuSeconds > 0 ? deliveries / cpuSeconds : null,
    deliveriesPerSecond: deliveries / seconds,
    // Less than 1 where the contestant does not keep up.
    deliveredShare: deliveries / (asked * seconds),
    cpuShare: cpuSeconds / seconds,
    waitedShare: waitedSeconds / seconds,
    p50Ms,
    p99Ms,
  };
}

/**
 * CPU time of one subscribe, microseconds, once that too is warm. Each round is about topics that nobody has been subscribed
 * to, so that finding a topic open already is no part of it.
 */
async function subscribingUs(stage: Stage, fanOut: FanOut): Promise<number> {
  const { generator } = stage;
  const { topics, perSocket } = fanOut;
  let us = 0;
  for (let round = 1; round <= subscribeRounds; round += 1) {
    await generator.ask('drop', null);
    await stage.quiet();
    await generator.ask('open', stage.opening);
    const beganCpu = await stage.quiet();
    const subscribe = () =>
      stage.subscribe({ query: operation, operationName, topics, firstTopic: round * topics + 1, perSocket });
    const endedCpu = await (round < subscribeRounds ? subscribe() : stage.profiled('subscribe', subscribe));
    us = ((endedCpu - beganCpu) / subscriptionsOf(fanOut)) * 1e6;
  }
  return us;
}

/** A whole run. */
export async function runFanOut(run: Run, workload: string, full: FanOut): Promise<Measured> {
  const fanOut = scaleFanOut(full, run.scale);
  const hasMany = hasManyPerSocket(fanOut);
  const dispatches = fanOut.topics * (hasMany ? 1 + subscribeRounds : 1);
  return run.on({ sockets: fanOut.sockets, dispatches }, async (stage) => {
    const { samples, ...costs } = await settle(stage, fanOut);
    const figures = await deliver(stage, fanOut, run.scale);
    const usPerSubscribe = hasMany ? await subscribingUs(stage, fanOut) : null;
    return { rows: [{ workload, figures: { ...figures, ...costs, usPerSubscribe } }], samples };
  });
}
