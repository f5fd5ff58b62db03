/** Compares followed topics with their logs: a message that was lost may have been the last one, and then no hole shows. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import type { Logger } from '../../observability/log.ts';
import type { EventLogChannels } from './channels.ts';
import type { FollowedTopic } from './followed-topic.ts';
import type { LogScripts } from './script.ts';

/** Topics whose positions are read at once. */
const chunkSize = 200;
/** Until the next check when one has failed, milliseconds. */
const retryMs = 500;
const subscribeTimeoutMs = 2_000;

export interface EventLogChecksOptions {
  topics(): Iterable<FollowedTopic>;
  readonly channels: EventLogChannels;
  readonly scripts: LogScripts;
  readonly clock: Clock;
  /** Mean time between two checks of all topics, milliseconds. */
  readonly intervalMs: number;
  readonly log: Logger;
}

/** Checks every topic at an interval, when the connection is back, and soon again while the log cannot be read. */
export class EventLogChecks {
  readonly #options: EventLogChecksOptions;
  #round: Promise<void> | undefined;
  #isWanted = false;
  /** Whether the next check has to subscribe the channels of all topics again. */
  #hasToSubscribe = false;
  #isFailing = false;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(options: EventLogChecksOptions) {
    this.#options = options;
    options.channels.onReconnect(() => this.#checkNow({ hasToSubscribe: true }));
    this.#checkIn(this.#jittered());
  }

  /** A topic could not be read: checks soon. */
  retry(): void {
    if (!this.#round) this.#checkIn(retryMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #checkIn(delayMs: number): void {
    this.#cancel();
    if (this.#isClosed) return;
    this.#cancel = this.#options.clock.after(delayMs, () => this.#checkNow({ hasToSubscribe: false }));
  }

  /** Random, so that processes that started together do not read together. */
  #jittered(): number {
    return this.#options.intervalMs * (0.75 + Math.random() / 2);
  }

  #checkNow({ hasToSubscribe }: { readonly hasToSubscribe: boolean }): void {
    this.#isWanted = true;
    this.#hasToSubscribe ||= hasToSubscribe;
    if (!this.#isClosed) this.#round ??= this.#checkUntilDone();
  }

  async #checkUntilDone(): Promise<void> {
    let hasFailed = false;
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      hasFailed = !(await this.#check());
    }
    this.#round = undefined;
    this.#checkIn(hasFailed ? retryMs : this.#jittered());
  }

  /** Returns whether every topic could be checked. Never rejects. */
  async #check(): Promise<boolean> {
    try {
      if (this.#hasToSubscribe) {
        // ioredis subscribes again by itself, but does not say when it has, and gives up when it is interrupted once more.
        this.#hasToSubscribe = false;
        await this.#subscribe([...this.#options.topics()]);
      }
      const topics = [...this.#options.topics()].filter(({ known }) => known);
      for (let start = 0; start < topics.length && !this.#isClosed; start += chunkSize) {
        await this.#checkChunk(topics.slice(start, start + chunkSize));
      }
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing && !this.#isClosed)
        this.#options.log.warn({ err: error }, 'followed topics cannot be checked');
      this.#isFailing = true;
      return false;
    }
  }

  async #checkChunk(topics: readonly FollowedTopic[]): Promise<void> {
    const { scripts } = this.#options;
    const ask = ({ topic, known }: FollowedTopic) =>
      scripts.read(topic, { after: known, limit: 0, isTrusted: true });
    const pages = await Promise.all(topics.map(ask));
    const isBehind = (topic: FollowedTopic, index: number) => topic.isBehind(pages[index]!.position);
    if (!topics.some(isBehind)) return;
    // The messages may be on their way. Once SUBSCRIBE is confirmed, those that were sent before have arrived or are lost.
    await this.#subscribe(topics.filter(isBehind));
    const withGap = topics.filter(isBehind);
    await Promise.all(withGap.map((topic) => topic.catchUp({ isGap: true })));
  }

  /** Never rejects: the log can be read even where the channels cannot be subscribed. */
  async #subscribe(topics: readonly FollowedTopic[]): Promise<void> {
    const { channels, clock, log } = this.#options;
    if (!channels.isConnected) return;
    const subscribing = channels.subscribe(topics.map(({ channel }) => channel));
    await within(clock, subscribeTimeoutMs, 'SUBSCRIBE', subscribing).catch((error: unknown) => {
      this.#hasToSubscribe = true;
      if (!this.#isClosed) log.warn({ err: error }, 'channels of topics could not be subscribed again');
    });
  }
}
