/** One topic that this process follows: puts its events in order, and reads from the log those whose messages were lost. */
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Follower, LoggedEvent, Position } from './event-log.ts';
import { readEnvelope } from './envelope.ts';
import type { Known, LogPage, LogScripts } from './script.ts';

/** Events of one read while catching up. */
const pageSize = 256;

export interface FollowedTopicOptions {
  readonly topic: string;
  readonly channel: string;
  readonly scripts: LogScripts;
  readonly metrics: Pick<Metrics, 'logGaps'>;
  readonly log: Logger;
  /** Called when missing events could not be read from the log: they are to be read later. */
  onStuck(): void;
}

/**
 * Shared by all who follow the topic in this process.
 *
 * A message that comes directly behind the known position goes straight to the followers. After any other (a hole,
 * another epoch) the log is read from the known position on. Messages that arrive during that are not kept, since the log
 * holds them too.
 */
export class FollowedTopic {
  readonly topic: string;
  readonly channel: string;
  readonly #scripts: LogScripts;
  readonly #metrics: Pick<Metrics, 'logGaps'>;
  readonly #log: Logger;
  readonly #onStuck: () => void;
  readonly #followers = new Set<Follower>();

  #known: Known | undefined;
  #began = 0;
  #reading: Promise<void> | undefined;
  /** The newest message that arrived while the log was being read. */
  #newestMessage: Position | undefined;
  #readAgain = false;
  /** Whether the messages of what is being read were lost, rather than not sent yet. */
  #isGap = false;
  #isStuck = false;
  #isClosed = false;

  constructor({ topic, channel, scripts, metrics, log, onStuck }: FollowedTopicOptions) {
    this.topic = topic;
    this.channel = channel;
    this.#scripts = scripts;
    this.#metrics = metrics;
    this.#log = log;
    this.#onStuck = onStuck;
  }

  /** What was delivered last. Undefined until the log was read for the first time. */
  get known(): Known | undefined {
    return this.#known;
  }

  /** When the log of `known` began. */
  get began(): number {
    return this.#began;
  }

  /** Adds a follower, who gets everything behind the returned position. Only after `catchUp`. */
  join(follower: Follower): Position {
    if (!this.#known) throw new Error(`The log of ${this.topic} was not read yet.`);
    this.#followers.add(follower);
    return { epoch: this.#known.epoch, offset: this.#known.offset };
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
  }

  close(): void {
    this.#isClosed = true;
    this.#followers.clear();
  }

  /** `text`: as the channel carries it. */
  onMessage(text: string): void {
    const envelope = readEnvelope(text);
    if (!envelope) {
      this.#log.warn({ topic: this.topic }, 'a message on the channel of a topic is not an event');
      return;
    }
    const { epoch, event } = envelope;
    if (this.#reading || !this.#known) {
      this.#newestMessage = { epoch, offset: event.offset };
    } else if (epoch === this.#known.epoch && event.offset === this.#known.offset + 1) {
      this.#deliver(epoch, event, text);
    } else if (this.isBehind({ epoch, offset: event.offset })) {
      // A failure is logged where it happens, and the read is repeated.
      this.catchUp({ isGap: true }).catch(() => undefined);
    }
  }

  /** Whether a log that stands at `position` holds events that were not delivered. */
  isBehind({ epoch, offset }: Position): boolean {
    return epoch !== this.#known?.epoch || offset > this.#known.offset;
  }

  /**
   * Reads the log to its end and delivers what it holds. `isGap`: the messages of these events are known to be lost. Rejects
   * when the log cannot be read.
   */
  catchUp({ isGap }: { readonly isGap: boolean }): Promise<void> {
    this.#isGap ||= isGap;
    this.#readAgain = true;
    this.#reading ??= this.#readToEnd();
    return this.#reading;
  }

  async #readToEnd(): Promise<void> {
    const start = this.#known;
    let lostAt: Position | undefined;
    try {
      while (!this.#isClosed && this.#hasMore()) {
        this.#readAgain = false;
        this.#newestMessage = undefined;
        const page = await this.#scripts.read(this.topic, {
          after: this.#known,
          limit: pageSize,
          isTrusted: true,
        });
        if (this.#isClosed) return;
        if (!page.events && this.#known) lostAt = page.position;
        this.#take(page);
        this.#isStuck = false;
      }
      this.#reportGap(start, lostAt);
    } catch (error) {
      this.#reportStuck(error);
      throw error;
    } finally {
      this.#reading = undefined;
      this.#isGap = false;
    }
  }

  #hasMore(): boolean {
    return this.#readAgain || (this.#newestMessage !== undefined && this.isBehind(this.#newestMessage));
  }

  #take({ position, began, events }: LogPage): void {
    this.#began = began;
    if (events) {
      for (const event of events) this.#deliver(position.epoch, event);
      this.#readAgain ||= this.isBehind(position);
      return;
    }
    const isFirst = !this.#known;
    this.#known = position;
    if (!isFirst) this.#tell((follower) => follower.onLost(position, began));
  }

  #deliver(epoch: string, event: LoggedEvent, text?: string): void {
    this.#known = { epoch, offset: event.offset, id: event.id };
    this.#tell((follower) => follower.onEvent(event, text));
  }

  #tell(call: (follower: Follower) => void): void {
    for (const follower of this.#followers) {
      try {
        call(follower);
      } catch (error) {
        // Thrown on, it would reach the Redis client, and the other followers would miss the event.
        this.#log.error({ err: error, topic: this.topic }, 'a follower of the event log threw');
      }
    }
  }

  #reportGap(start: Known | undefined, lostAt: Position | undefined): void {
    const details = { topic: this.topic, after: start, upTo: this.#known };
    if (lostAt) {
      this.#metrics.logGaps.inc({ outcome: 'lost' });
      this.#log.warn(details, 'events of a topic are lost: its log no longer reaches back to them');
    } else if (this.#isGap && start && this.#known !== start) {
      this.#metrics.logGaps.inc({ outcome: 'healed' });
      this.#log.info(details, 'events of a topic whose messages were lost were read from its log');
    }
  }

  #reportStuck(error: unknown): void {
    if (this.#isClosed || this.#followers.size === 0) return;
    if (!this.#isStuck)
      this.#log.warn({ err: error, topic: this.topic }, 'missing events cannot be read yet');
    this.#isStuck = true;
    this.#onStuck();
  }
}
