/** The process that publishes events, at a steady rate or as fast as it can. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { answerParent } from './answering.ts';
import { createEvent, machineUs } from './dispatch-event.ts';
import type { EveningPublisher } from './evening.ts';
import type {
  eveningPublishers as knownEveningPublishers,
  publishers as knownPublishers,
  PublishingKind,
} from './publishing.ts';
import { createPosition } from './position-event.ts';

const [kind, redisUrl, publishingFile] = process.argv.slice(2);
const { publishers, eveningPublishers } = (await import(pathToFileURL(publishingFile!).href)) as {
  readonly publishers: typeof knownPublishers;
  /** Trees of before there were any have none. */
  readonly eveningPublishers?: typeof knownEveningPublishers;
};
const publish = publishers[kind as PublishingKind](redisUrl!);
/** The number of events published so far, for each dispatch. */
const sequences = new Map<number, number>();
let isStopped = false;
const hourMs = 3_600_000;

function publishNext(dispatch: number, publishedUs = machineUs(), isTraced?: boolean): Promise<unknown> {
  const sequence = (sequences.get(dispatch) ?? 0) + 1;
  sequences.set(dispatch, sequence);
  return publish(createEvent(String(dispatch), sequence, publishedUs), isTraced);
}

export interface Rate {
  /** Events are about dispatches 1 to this number, in turn. */
  readonly topics: number;
  readonly eventsPerSecond: number;
  readonly durationMs: number;
  /** See `Publish`. */
  readonly isTraced?: boolean;
}

export interface EveningRate {
  readonly dispatches: number;
  readonly changesPerHour: number;
  readonly durationMs: number;
}

/** The numbers of the positions published so far, for each dispatch. */
const positionSequences = new Map<number, number>();
let eveningPublisher: EveningPublisher | undefined;

function eveningOf() {
  const publisher = (eveningPublisher ??= eveningPublishers?.[kind as PublishingKind]?.(redisUrl!));
  if (publisher === undefined) throw new Error(`Nobody publishes an evening for ${kind}.`);
  const next = (known: Map<number, number>, dispatch: number) => {
    const sequence = (known.get(dispatch) ?? 0) + 1;
    known.set(dispatch, sequence);
    return sequence;
  };
  return {
    change: (dispatch: number, publishedUs = machineUs()) =>
      publisher.change(createEvent(String(dispatch), next(sequences, dispatch), publishedUs)),
    position: (dispatch: number, publishedUs = machineUs()) =>
      publisher.position(createPosition(String(dispatch), next(positionSequences, dispatch), publishedUs)),
  };
}

const commands = {
  /**
   * Publishes `perTopic` events of each of the dispatches 1 to `topics`. With `publishedUs` their bytes are the same in each run,
   * and those of each dispatch are a microsecond newer than those of the one before.
   */
  async burst({ topics, perTopic, publishedUs }: { topics: number; perTopic: number; publishedUs?: number }) {
    for (let round = 0; round < perTopic; round += 1) {
      const published = [];
      for (let dispatch = 1; dispatch <= topics; dispatch += 1)
        published.push(
          publishNext(dispatch, publishedUs === undefined ? machineUs() : publishedUs + dispatch),
        );
      await Promise.all(published);
    }
    return topics * perTopic;
  },

  /** Publishes events at a steady rate, one by one. Resolves when all are published, or soon after `stop`. */
  async atRate({ topics, eventsPerSecond, durationMs, isTraced }: Rate) {
    const beganUs = machineUs();
    const total = Math.round((eventsPerSecond * durationMs) / 1000);
    let last: Promise<unknown> = Promise.resolve();
    isStopped = false;
    for (let sent = 0; sent < total && !isStopped;) {
      const due = Math.min(total, Math.floor(((machineUs() - beganUs) / 1e6) * eventsPerSecond) + 1);
      for (; sent < due; sent += 1) last = publishNext((sent % topics) + 1, machineUs(), isTraced);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await last;
    return null;
  },

  /**
   * Each of the dispatches 1 to `dispatches` tells its position once a second, one after the other, and changes come at a steady
   * rate, about each in turn. Resolves when the time is over, or soon after `stop`.
   */
  async evening({ dispatches, changesPerHour, durationMs }: EveningRate) {
    const evening = eveningOf();
    const beganUs = machineUs();
    let [positions, changes, passedMs]: [number, number, number] = [0, 0, 0];
    let last: Promise<unknown> = Promise.resolve();
    for (isStopped = false; passedMs < durationMs && !isStopped; await sleep(1)) {
      passedMs = (machineUs() - beganUs) / 1e3;
      for (; positions < (passedMs / 1e3) * dispatches; positions += 1)
        last = evening.position((positions % dispatches) + 1);
      for (; changes < (passedMs / hourMs) * changesPerHour; changes += 1)
        last = evening.change((changes % dispatches) + 1);
    }
    await last;
    return null;
  },

  /** One change and one position of each of the dispatches 1 to `dispatches`, with the same bytes in each run. */
  async eveningProbe({ dispatches, publishedUs }: { dispatches: number; publishedUs: number }) {
    const evening = eveningOf();
    for (let dispatch = 1; dispatch <= dispatches; dispatch += 1)
      await Promise.all([evening.change(dispatch, publishedUs), evening.position(dispatch, publishedUs)]);
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
