/** Owns one followed topic: its live events, a window of the newest ones, and the way back to older ones. */
import type { EventLog, Following, LoggedEvent, Position } from '../stores/event-log.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { createCursorFormat, type CursorFormat } from './cursor.ts';
import type { Topic, TopicEvent } from './topic.ts';

/** An offset of the topic with its event; the event is null when it could not be read, and is passed over. */
export interface StreamEntry {
  readonly offset: number;
  readonly at: number;
  readonly event: TopicEvent<unknown> | null;
}

export interface StreamListener {
  onEntry(entry: StreamEntry): void;
  onLost(position: Position): void;
}

export type History =
  { readonly kind: 'entries'; readonly entries: readonly StreamEntry[] } | { readonly kind: 'lost' };

interface StreamOptions {
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Newest entries that a stream keeps, so that whoever reconnects soon costs no reading and no second execution. */
const windowEntries = 256;
/** Entries read from the log at once. Reads begin at multiples of it, so that those who resume nearby share them. */
const chunkEntries = 256;
/** Chunks of older entries kept for the next one who resumes. */
const maxChunks = 8;

export class TopicStream {
  readonly topic: Topic<unknown>;
  readonly cursors: CursorFormat;
  readonly #options: StreamOptions;
  readonly #listeners = new Set<StreamListener>();
  readonly #chunks = new Map<number, Promise<History>>();
  #window: StreamEntry[] = [];
  #position: Position = { epoch: '', offset: 0 };
  #lastAt: number;
  #following: Following | undefined;

  private constructor(topic: Topic<unknown>, options: StreamOptions) {
    this.topic = topic;
    this.cursors = createCursorFormat(topic.key);
    this.#options = options;
    this.#lastAt = options.now();
  }

  /** Resolves once the topic is really followed: nothing appended after that is missed. */
  static async open(topic: Topic<unknown>, options: StreamOptions): Promise<TopicStream> {
    const stream = new TopicStream(topic, options);
    const early: (() => void)[] = [];
    let live = false;
    // A log may call back before `follow` has told where it began.
    const inOrder = (run: () => void) => (live ? run() : void early.push(run));
    stream.#following = await options.eventLog.follow(topic.key, {
      onEvent: (event) => inOrder(() => stream.#onEvent(event)),
      onLost: (position) => inOrder(() => stream.#onLost(position)),
    });
    stream.#position = stream.#following.position;
    live = true;
    for (const run of early) run();
    return stream;
  }

  /** Where the newest event stands. */
  get position(): Position {
    return this.#position;
  }

  /** The cursor behind which everything is still to come. */
  get cursor(): string {
    return this.cursors.format({ ...this.#position, at: this.#lastAt });
  }

  /** When the newest event happened that went by here; before the first, when the following began. Milliseconds since the Unix epoch. */
  get lastAt(): number {
    return this.#lastAt;
  }

  listen(listener: StreamListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Entries behind a position up to `upTo`, perhaps not all of them at once; `lost` when the log no longer reaches back. */
  history({ epoch, offset }: Position, upTo: number): History | Promise<History> {
    // A group may still be working off what came before the log was lost.
    if (epoch !== this.#position.epoch) return { kind: 'lost' };
    const first = this.#window[0];
    if (first && offset >= first.offset - 1) {
      const entries = this.#window.slice(offset - first.offset + 1, upTo - first.offset + 1);
      return { kind: 'entries', entries };
    }
    return this.#readOlder(offset, upTo);
  }

  async #readOlder(offset: number, upTo: number): Promise<History> {
    const { epoch } = this.#position;
    const start = offset - (offset % chunkEntries);
    const chunk = await this.#chunk(start, epoch);
    // The chunk may begin in what was trimmed, while what is asked for is still there.
    const result = chunk.kind === 'lost' && start !== offset ? await this.#read(offset, epoch) : chunk;
    if (result.kind === 'lost') return result;
    return {
      kind: 'entries',
      entries: result.entries.filter((entry) => entry.offset > offset && entry.offset <= upTo),
    };
  }

  #chunk(start: number, epoch: string): Promise<History> {
    const known = this.#chunks.get(start);
    if (known) return known;
    const reading = this.#read(start, epoch);
    this.#chunks.set(start, reading);
    if (this.#chunks.size > maxChunks) this.#chunks.delete(this.#chunks.keys().next().value!);
    const forget = () => {
      if (this.#chunks.get(start) === reading) this.#chunks.delete(start);
    };
    // Only a full chunk is final: a shorter one has yet to grow.
    void reading.then((result) => {
      if (result.kind === 'lost' || result.entries.length < chunkEntries) forget();
    }, forget);
    return reading;
  }

  async #read(offset: number, epoch: string): Promise<History> {
    const result = await this.#options.eventLog.read(this.topic.key, { epoch, offset }, chunkEntries);
    if (result.kind === 'lost') return { kind: 'lost' };
    return { kind: 'entries', entries: result.events.map((event) => this.#entry(event, epoch)) };
  }

  #onEvent(logged: LoggedEvent): void {
    const entry = this.#entry(logged, this.#position.epoch);
    this.#options.metrics.events.inc({ kind: this.topic.kind.name });
    this.#position = { epoch: this.#position.epoch, offset: logged.offset };
    this.#lastAt = logged.at;
    this.#window.push(entry);
    if (this.#window.length > 2 * windowEntries) this.#window = this.#window.slice(-windowEntries);
    for (const listener of this.#listeners) listener.onEntry(entry);
  }

  #onLost(position: Position): void {
    this.#position = position;
    this.#window = [];
    this.#chunks.clear();
    for (const listener of this.#listeners) listener.onLost(position);
  }

  #entry(logged: LoggedEvent, epoch: string): StreamEntry {
    const { id, at, offset, data } = logged;
    try {
      const event = this.topic.kind.parse(data);
      return {
        offset,
        at,
        event: { id, at, offset, event, cursor: this.cursors.format({ epoch, offset, at }) },
      };
    } catch (error) {
      this.#options.metrics.eventsRefused.inc({ kind: this.topic.kind.name });
      this.#options.log.error(
        { err: error, topic: this.topic.key, offset, eventId: id },
        'an event could not be read',
      );
      return { offset, at, event: null };
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#following?.close();
  }
}
