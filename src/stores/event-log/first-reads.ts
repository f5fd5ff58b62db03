/** The first read of each followed topic's log: it waits while Redis is busy, and fails when Redis answers nobody. */
import type { Clock } from '../../lib/clock.ts';
import { createSemaphore } from '../../lib/turns/semaphore.ts';
import type { FollowedTopic } from './followed-topic.ts';

/** Reads under way at once: of more, the last ones would time out in the queue. */
const maxReadsAtOnce = 200;
/** Between two attempts to read a log, milliseconds. */
const retryMs = 100;

/** All topics of a process share one: an answer to any of them shows that Redis is there. */
export class FirstReads {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #queue = createSemaphore(maxReadsAtOnce);
  #answeredAt = -Infinity;

  constructor({ clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the channel is subscribed and the log was read; rejects when Redis answers nobody for `timeoutMs`. */
  read(topic: FollowedTopic, isSubscribed: Promise<void>): Promise<void> {
    const startedAt = this.#clock.elapsed();
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const look = () => {
        const leftMs = this.#timeoutMs - this.#silentMs(startedAt);
        if (leftMs > 0) cancel = this.#clock.after(leftMs, look);
        else reject(new Error(`Following ${topic.topic}: Redis has not answered for ${this.#timeoutMs} ms.`));
      };
      look();
      this.#readUntilDone(topic, isSubscribed, startedAt)
        .then(resolve, reject)
        .finally(() => cancel());
    });
  }

  /**
   * Tries again after a failure as long as Redis answers anybody: after a pause of the event loop every time-out fires at
   * once, though the answers are in the buffer.
   */
  async #readUntilDone(topic: FollowedTopic, isSubscribed: Promise<void>, startedAt: number): Promise<void> {
    await isSubscribed;
    this.#answeredAt = this.#clock.elapsed();
    for (;;) {
      try {
        await this.#queue(() => topic.catchUp({ isGap: false }));
        this.#answeredAt = this.#clock.elapsed();
        return;
      } catch (error) {
        if (this.#silentMs(startedAt) >= this.#timeoutMs) throw error;
      }
      await this.#clock.sleep(retryMs);
    }
  }

  /** For how long Redis has answered nobody, to one who waits since `startedAt`. */
  #silentMs(startedAt: number): number {
    return this.#clock.elapsed() - Math.max(startedAt, this.#answeredAt);
  }
}
