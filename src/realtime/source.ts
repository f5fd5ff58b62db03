/** Owns what a Subscription field's `subscribe` resolver returns: where its events come from, and how it begins. */
import type { Topic, TopicEvent } from './topic.ts';

/** One piece of state that a stream begins with, or goes on with where its past is lost. */
export interface SnapshotItem {
  /** The value of the root field, with the cursor to give to the client. */
  readonly toValue: (cursor: string) => unknown;
  /** What it shows and in which version: events up to it are not shown again. Null when nothing is known about it yet. */
  readonly covers: { readonly subject: string; readonly version: number } | null;
}

export interface SnapshotRequest {
  /** Where the stream goes on behind the snapshot. */
  readonly cursor: string;
  /**
   * Null when the stream begins here. Else the client's cursor could not be continued, and this is the time of the event
   * it names, milliseconds since the Unix epoch: what changed since then is to be shown.
   */
  readonly since: number | null;
  /** Aborted when nobody waits for it any more: then it need not be read to its end. */
  readonly signal: AbortSignal;
}

/**
 * What a Subscription field shows. All members of a group share the source of the first one: it may depend on the
 * field's arguments (but for `after`) and on `personalTo`, and on nothing else of the viewer.
 */
export interface SubscriptionSource<E = unknown> {
  readonly topic: Topic<E>;
  /** The `after` argument as it came. */
  readonly after: string | null;
  /** The viewer's id when the stream is a different one for each viewer: they never share a group. */
  readonly personalTo?: string;
  /**
   * Takes note of an event before it is shown or not: each one behind the position at which the group began, once and in
   * order. For sources whose `accepts` depends on what has happened.
   */
  observe?(event: TopicEvent<E>): void;
  /** Whether the field shows this event. Must not change anything: a resuming subscriber has older events asked again. */
  accepts?(event: TopicEvent<E>): boolean;
  /** The value of the root field for an event. */
  toValue(event: TopicEvent<E>): unknown;
  /**
   * The current state. Read from the record after `cursor` was taken, so that it contains everything up to it. Rejects
   * with the error that the client is to get, `NOT_FOUND` for one.
   */
  snapshot(request: SnapshotRequest): Promise<readonly SnapshotItem[]>;
  /** Whether a stream without `after` begins with a snapshot; with events only, when false. */
  readonly beginsWithSnapshot: boolean;
}

const brand = Symbol('SubscriptionSource');

/**
 * Dresses a source as the async iterable that graphql-js wants of a `subscribe` resolver. The hub takes the source out
 * again with `sourceOf`; nothing ever iterates it.
 */
export function asyncIterableOf<E>(source: SubscriptionSource<E>): AsyncIterable<never> {
  return {
    [brand]: source,
    [Symbol.asyncIterator](): never {
      throw new Error('Subscriptions of this schema run through the hub, not through graphql-js.');
    },
  } as AsyncIterable<never>;
}

/** The source inside what a `subscribe` resolver returned; throws when there is none. */
export function sourceOf(iterable: unknown): SubscriptionSource {
  const source = (iterable as { [brand]?: SubscriptionSource } | null)?.[brand];
  if (!source) throw new Error('The Subscription field did not return a source of the hub.');
  return source;
}
