/** One topic that the hub follows: passes on its live events, and finds older ones. */
import type {
  EventLog,
  Follower,
  Following,
  LoggedEvent,
  Position,
} from '../../stores/event-log/event-log.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { createCursorFormat, type CursorFormat, type CursorPosition } from '../cursors/cursor.ts';
import type { CursorKeys } from '../cursors/cursor-keys.ts';
import { OwnFrames } from '../cursors/own-frames.ts';
import type { ShownVersions } from '../cursors/snapshot-versions.ts';
import type { Frame } from '../frame.ts';
import { chunkEntries, type History } from './event-chunks.ts';
import { EntryReader, type LogOfEntry } from './entry-reader.ts';
import { EventWindow, type StreamEntry } from './event-window.ts';
import { KeptEvent } from './kept-event.ts';
import type { StreamPosition } from '../resumption.ts';
import type { StreamMemory } from './stream-memory.ts';
import type { Topic } from './topic.ts';
import { streamPosition } from './compared-position.ts';

export interface StreamListener {
  onEntry(entry: StreamEntry): void;
  onLost(position: Position): void;
}

/** Where a stream stands that is to go on behind a snapshot. */
export interface StreamStand {
  readonly position: Position;
  /** When its log began. */
  readonly began: number;
  /** When the last event that arrived happened, as `lastAt`. */
  readonly at: number;
}

export interface Behind {
  /** When the oldest event of it happened; `Infinity` where there is none. */
  readonly oldestAt: number;
  /** Where the log stands that was trimmed meanwhile, so that nobody can say what else it had; null for any other. */
  readonly trimmedTo: StreamStand | null;
}

/** The same for all streams of a process. */
export interface StreamOptions {
  readonly eventLog: EventLog;
  readonly cursorKeys: CursorKeys;
  readonly memory: StreamMemory;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** What was committed arrives within so long, milliseconds, but where something is away that it needs. */
export const maxRelayedWithinMs = 60_000;
/** Events that a process has yet to hear of, at the most: a batch of the relay. */
const maxBehind = 500;

export class TopicStream {
  readonly topic: Topic<unknown>;
  readonly cursors: CursorFormat;
  readonly #options: StreamOptions;
  readonly #listeners = new Set<StreamListener>();
  readonly #window: EventWindow<KeptEvent>;
  readonly #ownFrames = new OwnFrames();
  readonly #entries: EntryReader;
  #position: Position = { epoch: '', offset: 0 };
  #began = 0;
  /** When the following began. */
  readonly #beganAt: number;
  #lastArrivedAt: number | null = null;
  #newest: StreamPosition | null = null;
  #following: Following | undefined;

  private constructor(topic: Topic<unknown>, options: StreamOptions) {
    this.topic = topic;
    this.cursors = createCursorFormat(topic.cursorsOf ?? topic.key, options.cursorKeys);
    this.#options = options;
    this.#entries = new EntryReader(topic, this.cursors, options);
    this.#window = new EventWindow(options.memory.windows);
    this.#beganAt = options.now();
  }

  /** Resolves once the topic is followed: everything that is appended from then on arrives. */
  static async open(topic: Topic<unknown>, options: StreamOptions): Promise<TopicStream> {
    const stream = new TopicStream(topic, options);
    const early: (() => void)[] = [];
    let live = false;
    // A log may call the follower before `follow` has returned the position.
    const inOrder = (run: () => void) => (live ? run() : void early.push(run));
    const follower: Follower = {
      onEvent: (event, text) => inOrder(() => stream.#onEvent(event, text)),
      onLost: (position, began) => inOrder(() => stream.#onLost(position, began)),
    };
    stream.#following = await (topic.live?.follow(follower) ?? options.eventLog.follow(topic.key, follower));
    stream.#position = stream.#following.position;
    stream.#began = stream.#following.began;
    live = true;
    for (const run of early) run();
    return stream;
  }

  /** The position of the newest event. */
  get position(): Position {
    return this.#position;
  }

  /** Where it stands for somebody who has come to `reached`, of which in this log some may be yet to arrive here. */
  standFor(reached: Position | null): StreamStand {
    const { epoch, offset } = this.#position;
    const isAhead = reached?.epoch === epoch && reached.offset > offset;
    const position = isAhead ? { epoch, offset: reached.offset } : this.#position;
    return { position, began: this.#began, at: this.lastAt };
  }

  /** A position, as clients compare it; null for one of a log that was lost. */
  textOf({ epoch, offset }: Position): string | null {
    return epoch === this.#position.epoch ? streamPosition(this.#began, offset) : null;
  }

  get #log(): LogOfEntry {
    return { epoch: this.#position.epoch, began: this.#began };
  }

  /** The cursor of a position for somebody who may come back with it, and then goes on there. */
  cursorAt(position: CursorPosition): string {
    // Where there was no event yet, the log forgets the position when nobody follows it.
    if (position.offset === 0) this.#following?.keep();
    return this.cursors.format(position);
  }

  /** The frame of an entry for somebody who was shown states that may be ahead of it. */
  ownFrame({ event }: StreamEntry, frame: Frame, shown: ShownVersions): Frame {
    // Its cursors lead to a snapshot, whatever they say.
    if (this.topic.live) return frame;
    const { epoch, offset, at } = event!;
    const makeCursor = () => this.cursorAt({ epoch, offset, at, snapshotVersions: new Map(shown) });
    return this.#ownFrames.of(frame, shown, makeCursor);
  }

  /** Milliseconds since the Unix epoch. */
  get now(): number {
    return this.#options.now();
  }

  /** When the newest event that arrived happened, or when the following began if none has; milliseconds since the Unix epoch. */
  get lastAt(): number {
    return this.#lastArrivedAt ?? this.#beganAt;
  }

  /**
   * The newest event that arrived, for whoever was sent that; null if none has. Other than `lastAt` it says what was surely seen: what
   * was committed before the following began may yet have to be appended. One object for all.
   */
  get newest(): StreamPosition | null {
    if (this.#lastArrivedAt === null) return null;
    const at = this.#lastArrivedAt;
    return (this.#newest ??= { ...this.#position, at, snapshotVersions: null, text: undefined });
  }

  /** Whatever arrives was committed later, but where something was away that it needs: it may have been committed before the following began. */
  get beganBehind(): number {
    return this.#beganAt - maxRelayedWithinMs;
  }

  listen(listener: StreamListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Entries behind a position up to `upTo`, maybe only the first of them; `lost` when the log no longer has them. */
  history({ epoch, offset }: Position, upTo: number): History | Promise<History> {
    // The log was lost after this position, and the caller's group has yet to work that off.
    if (epoch !== this.#position.epoch) return { kind: 'lost' };
    const kept = this.#window.between(offset, upTo);
    if (!kept) return this.#readOlder(offset, upTo);
    const read = (logged: LoggedEvent) => this.#entries.read(logged, this.#log);
    return { kind: 'entries', entries: kept.map((event) => event.entry(read)) };
  }

  /** What the log has behind where somebody is to stand, maybe not arrived here yet. */
  async behind(stand: StreamStand): Promise<Behind> {
    if (this.topic.live) return { oldestAt: Infinity, trimmedTo: null };
    const result = await this.#options.eventLog.read(this.topic.key, stand.position, maxBehind);
    if (result.kind === 'events')
      return { oldestAt: Math.min(...result.events.map(({ at }) => at)), trimmedTo: null };
    // What a log has that was lost meanwhile does not matter: whoever asks is told of the loss, and asks again.
    const { position } = result;
    const isTrimmed = position.epoch === stand.position.epoch && position.offset > stand.position.offset;
    return { oldestAt: Infinity, trimmedTo: isTrimmed ? { ...stand, position } : null };
  }

  async #readOlder(offset: number, upTo: number): Promise<History> {
    if (this.topic.live) return { kind: 'lost' };
    const log = this.#log;
    const { epoch } = log;
    const start = offset - (offset % chunkEntries);
    const { chunks } = this.#options.memory;
    const chunk = await chunks.get(`${start} ${epoch} ${this.topic.key}`, () => this.#read(start, log));
    // The log may be trimmed past the beginning of the chunk, but not past the entries that are asked for.
    const result = chunk.kind === 'lost' && start !== offset ? await this.#read(offset, log) : chunk;
    if (result.kind === 'lost') return result;
    return {
      kind: 'entries',
      entries: result.entries.filter((entry) => entry.offset > offset && entry.offset <= upTo),
    };
  }

  async #read(offset: number, log: LogOfEntry): Promise<History> {
    const position = { epoch: log.epoch, offset };
    const result = await this.#options.eventLog.read(this.topic.key, position, chunkEntries);
    if (result.kind === 'lost') return { kind: 'lost' };
    return { kind: 'entries', entries: result.events.map((event) => this.#entries.read(event, log)) };
  }

  #onEvent(logged: LoggedEvent, text: string | undefined): void {
    const entry = this.#entries.read(logged, this.#log);
    this.#options.metrics.events.add(1, this.topic.kind.name);
    this.#position = { epoch: this.#position.epoch, offset: logged.offset };
    this.#lastArrivedAt = logged.at;
    this.#newest = null;
    // What cannot be read is said once.
    const kept = entry.event === null ? entry : null;
    if (!this.topic.live) this.#window.push(new KeptEvent(logged, text, this.#options.memory.texts, kept));
    for (const listener of this.#listeners) listener.onEntry(entry);
  }

  #onLost(position: Position, began: number): void {
    this.#position = position;
    this.#newest = null;
    this.#began = began;
    this.#window.clear();
    for (const listener of this.#listeners) listener.onLost(position);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#window.clear();
    await this.#following?.close();
  }
}
