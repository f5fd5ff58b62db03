/** Owns the checking of followed topics against their logs: the message that went missing may have been the last one. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import type { Logger } from '../../observability/log.ts';
import type { EventLogChannels } from './channels.ts';
import type { FollowedTopic } from './follower.ts';
import type { LogScripts } from './script.ts';

/** Topics whose positions are asked for at once. */
const chunkSize = 200;
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

/** Checks every topic at an interval, when the connection is back, and soon again while the log can't be read. */
export class EventLogChecks {
  readonly #options: EventLogChecksOptions;
  #round: Promise<void> | undefined;
  #isWanted = false;
  #hasToSubscribe = false;
  #isFailing = false;
  #isClosed = false;
  #cancel: () => void = () => {};

  constructor(options: EventLogChecksOptions) {
    this.#options = options;
    options.channels.onReconnect(() => this.#checkNow({ hasToSubscribe: true }));
    this.#checkIn(this.#jittered());
  }

  /** Something could not be read: check soon. */
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

  /** Processes that started together should not ask together. */
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
        // The client subscribes again by itself, but does not say when that is done, nor survives a second interruption.
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
        this.#options.log.warn({ err: error }, 'Followed topics can not be checked');
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
    // Its messages may be on their way. Those sent before this is confirmed have come when it is, or are lost.
    await this.#subscribe(topics.filter(isBehind));
    const missing = topics.filter(isBehind);
    await Promise.all(missing.map((topic) => topic.catchUp({ isGap: true })));
  }

  /** Not having live messages is no reason against reading the log. */
  async #subscribe(topics: readonly FollowedTopic[]): Promise<void> {
    const { channels, clock, log } = this.#options;
    if (!channels.isConnected) return;
    const subscribing = channels.subscribe(topics.map(({ channel }) => channel));
    await within(clock, subscribeTimeoutMs, 'SUBSCRIBE', subscribing).catch((error: unknown) => {
      this.#hasToSubscribe = true;
      if (!this.#isClosed) log.warn({ err: error }, 'Channels of topics could not be subscribed again');
    });
  }
}
