/** Measures delivery: clients subscribe, events are published at a steady rate, and what arrives is counted and timed. */
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

/** Time for V8 to optimise the hot code, before anything is measured. */
const warmUpMs = 12_000;
const windowMs = 8_000;
/** Only the last round is measured. */
const subscribeRounds = 2;
/** The same for every subject, so that what they send can be compared byte by byte. */
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

/** The number of subscriptions, over all topics. */
export const subscriptionsOf = ({ sockets, perSocket }: FanOut) => sockets * perSocket;

/** With one subscription on each socket, the cost of a subscription cannot be told from that of the socket. */
const hasManyPerSocket = ({ perSocket }: FanOut) => perSocket > 1;

export interface SubscriberCosts {
  readonly kbPerConnection: number;
  readonly kbPerSubscription: number | null;
  readonly residentMb: number;
  readonly samples: readonly unknown[];
}

/** Connects and subscribes all clients, and measures the memory of each. Ends with an event that each of them has received. */
export async function subscribeAll(stage: Stage, fanOut: FanOut): Promise<SubscriberCosts> {
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

/** Publishes one event for each subscription. Throws when one does not receive it. */
async function probe(stage: Stage, fanOut: FanOut) {
  const { generator, publisher } = stage;
  const { topics } = fanOut;
  const expected = subscriptionsOf(fanOut);
  await generator.ask('clear', null);
  await publisher.ask('burst', { topics, perTopic: 1, publishedUs: probePublishedUs });
  await stage.received('deliveries', expected);
  return generator.ask('samples', null);
}

/** Publishes at a steady rate, and measures what arrives after the warm-up. */
export async function deliver(stage: Stage, fanOut: FanOut, scale: number): Promise<Figures> {
  const { generator, publisher, server } = stage;
  const { topics, eventsPerSecond } = fanOut;
  const [warmMs, durationMs] = [scaledMs(warmUpMs, scale), scaledMs(windowMs, scale)];
  const publishing = publisher.ask('atRate', { topics, eventsPerSecond, durationMs: warmMs + durationMs });
  // What fails on the way is thrown where it is awaited.
  publishing.catch(() => undefined);
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
    // Less than 1 when the server does not keep up.
    deliveredShare: deliveries / (asked * seconds),
    cpuShare: cpuSeconds / seconds,
    waitedShare: waitedSeconds / seconds,
    p50Ms,
    p99Ms,
  };
}

/**
 * CPU time of one subscribe in microseconds, after a warm-up. Each round has topics that nobody has subscribed to before, so
 * that opening the topic is always part of it.
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

/** The whole workload: subscribe all, deliver events, and where sockets have many subscriptions, measure subscribing. */
export async function runFanOut(run: Run, workload: string, full: FanOut): Promise<Measured> {
  const fanOut = scaleFanOut(full, run.scale);
  const hasMany = hasManyPerSocket(fanOut);
  const dispatches = fanOut.topics * (hasMany ? 1 + subscribeRounds : 1);
  return run.on({ sockets: fanOut.sockets, dispatches }, async (stage) => {
    const { samples, ...costs } = await subscribeAll(stage, fanOut);
    const figures = await deliver(stage, fanOut, run.scale);
    const usPerSubscribe = hasMany ? await subscribingUs(stage, fanOut) : null;
    return { rows: [{ workload, figures: { ...figures, ...costs, usPerSubscribe } }], samples };
  });
}
