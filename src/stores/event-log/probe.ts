/** Tries whether events get through: appends one, and waits until it has arrived. */
import type { Moment } from '../../lib/clock.ts';
import type { EventLog, Following } from './event-log.ts';

const topic = 'readiness';

export class EventLogProbe {
  readonly #eventLog: EventLog;
  /** Tells this process's events from those of others. */
  readonly #processId: string;
  readonly #waiting = new Map<string, () => void>();
  #following: Promise<Following> | undefined;
  #count = 0;

  constructor(eventLog: EventLog, processId: string) {
    this.#eventLog = eventLog;
    this.#processId = processId;
  }

  /** Resolves when an event that it appended has arrived. Never, when it does not arrive. Rejects as the event log does. */
  async run(now: Moment): Promise<void> {
    await this.#follow();
    this.#count += 1;
    const id = `${this.#processId}-${this.#count}`;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, resolve);
    try {
      await this.#eventLog.append([{ topic, event: { id, at: now, data: null } }]);
    } catch (error) {
      this.#waiting.delete(id);
      throw error;
    }
    await arrived;
  }

  async close(): Promise<void> {
    const following = await this.#following?.catch(() => undefined);
    await following?.close();
  }

  /** Followed from the first run on, since to follow and to leave costs more than an event now and then. */
  async #follow(): Promise<void> {
    this.#following ??= this.#eventLog.follow(topic, {
      onEvent: ({ id }) => {
        this.#waiting.get(id)?.();
        this.#waiting.delete(id);
      },
      // Whoever waits for it has their time limit; the next run has an event of its own.
      onLost: () => this.#waiting.clear(),
    });
    try {
      await this.#following;
    } catch (error) {
      this.#following = undefined;
      throw error;
    }
  }
}
