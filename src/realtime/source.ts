/** What the `subscribe` resolver of a Subscription field returns: where its events come from, and how it begins. */
import type { Position } from '../stores/event-log/event-log.ts';
import type { Filter } from './topics/compared-position.ts';
import type { Topic, TopicEvent } from './topics/topic.ts';

/** One piece of the state that a stream begins with, or goes on with where events are lost. */
export interface SnapshotItem {
  /** The value of the root field, with the cursor to give to the client, and the position behind which the stream goes on. */
  readonly toValue: (cursor: string, position: string) => unknown;
  /**
   * What it shows and in which version: events up to it are not sent again. `at`: when that version came to be, milliseconds
   * since the Unix epoch, where that is known. Null when no version is known.
   */
  readonly identity: { readonly subject: string; readonly version: number; readonly at?: number } | null;
}

export interface SnapshotRequest {
  /** Where the stream goes on behind the snapshot. */
  readonly position: Position;
  /**
   * Null when the stream begins here. Otherwise the client's cursor could not be continued, and this is the time of its
   * event, milliseconds since the Unix epoch, or `unknownTime`: the snapshot is to show what has changed since then.
   */
  readonly since: number | null;
  /** The epoch of the client's cursor, or of where the stream stood before it lost its place; null where there is none. */
  readonly from: string | null;
  /** Aborted when nobody waits for it any more: then it need not be read to its end. */
  readonly signal: AbortSignal;
}

/** In place of the time of an event, where nobody knows it: any event may have happened since. */
export const unknownTime = 0;

/** A snapshot of any size, of which only what is just shown is read. */
export interface SnapshotPages {
  readonly count: number;
  /** The items of one page as they are now; a page may be read again later. `signal` as for the whole snapshot. */
  readonly read: (page: number, signal: AbortSignal) => Promise<readonly SnapshotItem[]>;
}

/** Items of one page: few enough that to read and to show them is hardly noticed. */
const pageSize = 100;

/** The pages of a snapshot of which the keys of all items are known, in the order in which they are shown. */
export function pagesOf<K>(
  keys: readonly K[],
  read: (keys: readonly K[], signal: AbortSignal) => Promise<readonly SnapshotItem[]>,
): SnapshotPages {
  return {
    count: Math.ceil(keys.length / pageSize),
    read: (page, signal) => read(keys.slice(page * pageSize, (page + 1) * pageSize), signal),
  };
}

/**
 * What a Subscription field shows. All members of a group share the source of the first one, so it must depend on nothing
 * but the arguments of the field (without `after`) and `personalTo`.
 */
export interface SubscriptionSource<E = unknown> {
  readonly topic: Topic<E>;
  /** The argument `after` as the client sent it. */
  readonly after: string | null;
  /** The id of the viewer, where each viewer has a stream of their own: they then share no group. */
  readonly personalTo?: string;
  /** The ambulance for whose crew alone it is: it ends for whoever rides with another one. */
  readonly crewOf?: string;
  /** Says what it shows, for who asks later which events that was: then receipts of it are kept. Equal where that is the same. */
  readonly evidence?: string;
  /**
   * Called with each event in order, from the beginning of the group on, and before `accepts`; once by each group that has the
   * source, where viewers who may see more or less share it. For sources whose `accepts` depends on earlier events.
   */
  observe?(event: TopicEvent<E>): void;
  /**
   * Reads what `observe` keeps: of the events before the group began, and of those that were lost, which it was not called with. It
   * is read after `position` was taken. Nothing is judged by `accepts` before, unless a snapshot was made, which must do the same.
   */
  renew?(request: Omit<SnapshotRequest, 'since' | 'from'>): Promise<void>;
  /**
   * Whether the field shows this event. Must not change anything: it is called again with older events when somebody resumes. Where it
   * has to ask, whoever is shown the stream waits, and comes back for the event where it rejects.
   */
  accepts?(event: TopicEvent<E>): boolean | Promise<boolean>;
  /**
   * What it shows of the topic: the value that such events passed when they were appended (`NewEvent.passes`), the same that `accepts`
   * accepts. Absent where that is every event, null where nobody can know it before.
   */
  readonly filter?: Filter;
  /**
   * The value of the root field for an event. `follows`: the position of the one before it that it shows, where that is known. It must not
   * depend on arguments with `@filter`: all who differ by these alone are shown the value of one of them.
   */
  toValue(event: TopicEvent<E>, follows: string | null): unknown;
  /** What each filter decides of the value besides `follows`, where that is something: fields of the value's type, of which none is an object. */
  readonly byFilter?: {
    readonly fields: readonly string[];
    valuesOf(event: TopicEvent<E>): Readonly<Record<string, unknown>>;
    /** The same object for all who are shown the same but for these fields, maybe on different topics. */
    sharedBy(event: TopicEvent<E>): object;
  };
  /**
   * The current state: a few items, or pages of any number. It is read after `position` was taken, so that it contains
   * everything up to there. Rejects with the error that the client is to get, such as `NOT_FOUND`.
   */
  snapshot(request: SnapshotRequest): Promise<readonly SnapshotItem[] | SnapshotPages>;
  /**
   * Whether a snapshot shows no more than what has changed since the client's cursor, so that it needs the cursor's date.
   * A cursor whose date is not known or older than the log is then refused: what was missed would be missing for ever.
   */
  readonly showsChanges?: boolean;
  /** Whether a snapshot for somebody who comes back depends on `since` and `from`, though it shows the whole state. */
  readonly tellsMissed?: boolean;
  /** Whether a stream without `after` begins with a snapshot. Otherwise it begins with the next event. */
  readonly beginsWithSnapshot: boolean;
}

const brand = Symbol('SubscriptionSource');

/**
 * Wraps a source in the async iterable that graphql-js expects from a `subscribe` resolver. `sourceOf` takes the source out
 * again; nothing ever iterates it.
 */
export function asyncIterableOf<E>(source: SubscriptionSource<E>): AsyncIterable<never> {
  return {
    [brand]: source,
    [Symbol.asyncIterator](): never {
      throw new Error('Subscriptions of this schema run through the hub, not through graphql-js.');
    },
  } as AsyncIterable<never>;
}

/** The source in what a `subscribe` resolver returned. Throws the error that it returned instead: graphql-shield does so with what it refuses. */
export function sourceOf(iterable: unknown): SubscriptionSource {
  if (iterable instanceof Error) throw iterable;
  const source = (iterable as { [brand]?: SubscriptionSource } | null)?.[brand];
  if (!source) throw new Error('The Subscription field did not return a source of the hub.');
  return source;
}
