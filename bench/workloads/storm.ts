/** The workload `storm`: all clients are cut off, miss 100 events each, and reconnect at once. */
import { subjectNames } from '../subjects.ts';
import { readMetric } from '../subjects/ours.ts';
import { operation, operationName, resumableOperation } from '../dispatch-event.ts';
import type { Subscribing } from '../load/load.ts';
import type { Stage } from '../stage.ts';
import { scaled, type Figures, type Workload } from './workload.ts';

const missedEvents = 100;
/** Published while clients reconnect: a client is live again when it receives one of these. */
const liveEventsPerTopicAndSecond = 2;
const maxReturnMs = 60_000;
/** How long late events are waited for. */
const lateEventsMs = 10_000;

export const storm: Workload = {
  name: 'storm',
  what: '2,000 sockets over 20 topics drop at once and come back with cursors 100 events old',
  subjects: subjectNames,
  async run(run, subject) {
    const [sockets, topics] = [scaled(2_000, run.scale), scaled(20, run.scale)];
    // Of the other servers Centrifugo alone can resume where a client stopped, and it is asked for topics, not by operations.
    const query = subject === 'ours' ? resumableOperation : operation;
    const subscribing = { query, operationName, topics, perSocket: 1 };
    return run.on({ sockets, dispatches: topics }, async (stage) => {
      await begin(stage, subscribing);
      const figures = await reconnectAll(stage, subscribing);
      return { rows: [{ workload: 'storm', figures }], samples: [] };
    });
  },
};

/** Connects and subscribes all clients. Ends when each has received one event. */
async function begin(stage: Stage, subscribing: Subscribing): Promise<void> {
  const { generator, publisher, opening } = stage;
  await generator.ask('open', opening);
  await generator.ask('stormWatch', null);
  await stage.subscribe(subscribing);
  await publisher.ask('burst', { topics: subscribing.topics, perTopic: 1 });
  const expected = opening.sockets;
  await stage.received('deliveries', expected);
  await stage.quiet();
}

async function reconnectAll(stage: Stage, subscribing: Subscribing): Promise<Figures> {
  const { generator, publisher, opening, port, subject } = stage;
  const { topics } = subscribing;
  const executions = async () =>
    subject.name === 'ours' ? readMetric(port, 'dispatch_executions_total') : null;
  const executedBefore = await executions();
  const publishedBefore = await publisher.ask('published', null);
  await generator.ask('stormDrop', null);
  await publisher.ask('burst', { topics, perTopic: missedEvents });
  const publishing = publisher.ask('atRate', {
    topics,
    eventsPerSecond: topics * liveEventsPerTopicAndSecond,
    durationMs: maxReturnMs,
  });
  // What fails on the way is thrown where it is awaited.
  publishing.catch(() => undefined);
  const { secondsUntilLive, replayed } = await generator.ask('stormReconnect', { opening, subscribing });
  await publisher.ask('stop', null);
  await publishing;
  const losses = await generator.ask('stormLosses', { timeoutMs: lateEventsMs });
  const executed = await executions();
  return {
    secondsUntilLive,
    replayed,
    ...losses,
    executions: executed === null ? null : executed - executedBefore!,
    // All clients of a topic have the same operation, so this service should execute it once for each event.
    distinctEvents: (await publisher.ask('published', null)) - publishedBefore,
  };
}
