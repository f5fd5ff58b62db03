/** Reads what a log has kept of one topic's events. */
import type { LoggedEvent } from '../../stores/event-log/event-log.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { CursorFormat, CursorPosition } from '../cursors/cursor.ts';
import { LazyCursor } from '../cursors/lazy-cursor.ts';
import type { StreamEntry } from './event-window.ts';
import type { Topic, TopicEvent } from './topic.ts';

/** The log that an entry is in. */
export type LogOfEntry = Pick<TopicEvent<unknown>, 'epoch' | 'began'>;

export interface EntryReaderOptions {
  readonly metrics: Metrics;
  readonly log: Logger;
}

export class EntryReader {
  readonly #topic: Topic<unknown>;
  readonly #cursors: CursorFormat;
  readonly #options: EntryReaderOptions;
  #lastCursor: { readonly cursor: LazyCursor; readonly at: number } | null = null;

  constructor(topic: Topic<unknown>, cursors: CursorFormat, options: EntryReaderOptions) {
    this.#topic = topic;
    this.#cursors = cursors;
    this.#options = options;
  }

  /** Of what is no event of the topic, the entry has none: it is logged and counted, and nobody is shown it. */
  read(logged: LoggedEvent, log: LogOfEntry): StreamEntry {
    const { id, at, offset, before, data } = logged;
    const { epoch, began } = log;
    try {
      const event = this.#topic.kind.parse(data);
      const cursor = this.#cursorOf({ epoch, offset, at });
      const { traceparent } = (data ?? {}) as { readonly traceparent?: unknown };
      const trace = typeof traceparent === 'string' ? { traceparent } : undefined;
      return { offset, at, event: { id, at, epoch, began, offset, before, event, cursor, ...trace } };
    } catch (error) {
      this.#options.metrics.eventsRefused.inc({ kind: this.#topic.kind.name });
      this.#options.log.error(
        { err: error, topic: this.#topic.key, offset, eventId: id },
        'an event could not be read',
      );
      return { offset, at, event: null };
    }
  }

  /** Where nothing is kept a cursor is a time: one for each second is enough. */
  #cursorOf({ epoch, offset, at }: CursorPosition): LazyCursor {
    const last = this.#lastCursor;
    if (last && at >= last.at && at - last.at < 1_000) return last.cursor;
    const cursor = new LazyCursor(this.#cursors, epoch, offset, at);
    if (this.#topic.live) this.#lastCursor = { cursor, at };
    return cursor;
  }
}
