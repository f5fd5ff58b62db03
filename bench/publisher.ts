/** The process that publishes events, at a steady rate or as fast as it can. */
import { pathToFileURL } from 'node:url';
import { answerParent } from './answering.ts';
import { createEvent, machineUs } from './dispatch-event.ts';
import type { publishers as knownPublishers, PublishingKind } from './publishing.ts';

const [kind, redisUrl, publishingFile] = process.argv.slice(2);
const { publishers } = (await import(pathToFileURL(publishingFile!).href)) as {
  readonly publishers: typeof knownPublishers;
};
const publish = publishers[kind as PublishingKind](redisUrl!);
/** The number of events published so far, for each dispatch. */
const sequences = new Map<number, number>();
let isStopped = false;

function publishNext(dispatch: number, publishedUs = machineUs()): Promise<unknown> {
  const sequence = (sequences.get(dispatch) ?? 0) + 1;
  sequences.set(dispatch, sequence);
  return publish(createEvent(String(dispatch), sequence, publishedUs));
}

export interface Rate {
  /** Events are about dispatches 1 to this number, in turn. */
  readonly topics: number;
  readonly eventsPerSecond: number;
  readonly durationMs: number;
}

const commands = {
  /** Publishes `perTopic` events of each of the dispatches 1 to `topics`. With `publishedUs` their bytes are the same in each run. */
  async burst({ topics, perTopic, publishedUs }: { topics: number; perTopic: number; publishedUs?: number }) {
    for (let round = 0; round < perTopic; round += 1) {
      const published = [];
      for (let dispatch = 1; dispatch <= topics; dispatch += 1)
        published.push(publishNext(dispatch, publishedUs));
      await Promise.all(published);
    }
    return topics * perTopic;
  },

  /** Publishes events at a steady rate, one by one. Resolves when all are published, or soon after `stop`. */
  async atRate({ topics, eventsPerSecond, durationMs }: Rate) {
    const beganUs = machineUs();
    const total = Math.round((eventsPerSecond * durationMs) / 1000);
    let last: Promise<unknown> = Promise.resolve();
    isStopped = false;
    for (let sent = 0; sent < total && !isStopped;) {
      const due = Math.min(total, Math.floor(((machineUs() - beganUs) / 1e6) * eventsPerSecond) + 1);
      for (; sent < due; sent += 1) last = publishNext((sent % topics) + 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await last;
    return null;
  },

  stop(_input: null) {
    isStopped = true;
    return null;
  },

  /** The number of events published so far. */
  published: (_input: null) => sequences.values().reduce((sum, sequence) => sum + sequence, 0),
};
export type PublisherCommands = typeof commands;

answerParent(commands);
