/** Owns the workload `storm`: all clients are cut off, miss 100 events each, and come back at once. */
import { contestantNames } from '../contestants.ts';
import { readMetric } from '../contestants/ours.ts';
import { operation, operationName, resumableOperation } from '../dispatch-event.ts';
import type { Subscribing } from '../load/load.ts';
import type { Stage } from '../stage.ts';
import { scaled, type Figures, type Workload } from './workload.ts';

const missedEvents = 100;
/** Goes on while they come back, so that whoever is live is shown something. */
const liveEventsPerTopicAndSecond = 2;
const maxReturnMs = 60_000;
const settleMs = 10_000;

export const storm: Workload = {
  name: 'storm',
  what: '2,000 sockets over 20 topics drop at once and come back with cursors 100 events old',
  contestants: contestantNames,
  async run(run, contestant) {
    const [sockets, topics] = [scaled(2_000, run.scale), scaled(20, run.scale)];
    // The others cannot be told where a client stopped.
    const query = contestant === 'ours' ? resumableOperation : operation;
    const subscribing = { query, operationName, topics, perSocket: 1 };
    return run.on({ sockets, dispatches: topics }, async (stage) => {
      await begin(stage, subscribing);
      const figures = await weather(stage, subscribing);
      return { rows: [{ workload: 'storm', figures }], samples: [] };
    });
  },
};

/** All are live and have seen one event. */
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

async function weather(stage: Stage, subscribing: Subscribing): Promise<Figures> {
  const { generator, publisher, opening, port, contestant } = stage;
  const { topics } = subscribing;
  const executions = async () =>
    contestant.name === 'ours' ? readMetric(port, 'dispatch_executions_total') : null;
  const executedBefore = await executions();
  const publishedBefore = await publisher.ask('published', null);
  await generator.ask('stormDrop', null);
  await publisher.ask('burst', { topics, perTopic: missedEvents });
  const publishing = publisher.ask('atRate', {
    topics,
    eventsPerSecond: topics * liveEventsPerTopicAndSecond,
    durationMs: maxReturnMs,
  });
  const { secondsUntilLive, replayed } = await generator.ask('stormReturn', { opening, subscribing });
  await publisher.ask('stop', null);
  await publishing;
  const losses = await generator.ask('stormLosses', { timeoutMs: settleMs });
  const executed = await executions();
  return {
    secondsUntilLive,
    replayed,
    ...losses,
    executions: executed === null ? null : executed - executedBefore!,
    // Each topic has one group: all ask the same of it.
    distinctEvents: (await publisher.ask('published', null)) - publishedBefore,
  };
}
