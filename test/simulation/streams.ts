/** What clients of a simulated process may subscribe to: one counter, the board of all, and those that a viewer follows. */
import { buildSchema } from 'graphql';
import type { DispatchRepository } from '../../src/modules/dispatch/dispatch-repository.ts';
import type { BoardEvent } from '../../src/modules/dispatch/events.ts';
import { isFollowEvent } from '../../src/modules/dispatch/followed.ts';
import type { Follows } from '../../src/modules/dispatch/follows.ts';
import { createDispatchSubscriptions } from '../../src/modules/dispatch/subscriptions.ts';
import type { DispatchUpdateValue } from '../../src/modules/dispatch/update.ts';
import {
  sourceOf,
  type SnapshotItem,
  type SnapshotPages,
  type SubscriptionSource,
} from '../../src/realtime/source.ts';
import { streamPosition } from '../../src/realtime/topics/compared-position.ts';
import type { Topic } from '../../src/realtime/topics/topic.ts';
import {
  boardTopic,
  topicOf,
  type Count,
  type CountEvent,
  type DatabaseConnection,
  type StoredCount,
} from './record.ts';

export interface Update extends Count {
  readonly cursor: string;
  /** `FOLLOWED`: the event by which the viewer began to follow it, which shows it as it was then. */
  readonly kind: 'EVENT' | 'SNAPSHOT' | 'FOLLOWED';
  /** Of `FOLLOWED`: how often the viewer has begun to. */
  readonly times?: number | null;
  /** Where it stands, and behind what; for who compares. */
  readonly position?: string;
  readonly follows?: string | null;
}

export interface SubscribeRequest {
  /** Null for the board: the changes of all counters. */
  readonly name: string | null;
  readonly after: string | null;
  /** Whether it is about those that the viewer follows, and no others. */
  readonly isFollowed?: boolean;
  /** Whether it asks for positions, to compare them. */
  readonly compares?: boolean;
}

export const schema = buildSchema(`
  "As the service's own: a cursor is signed where its text is read, and of a String it would have to be one before."
  scalar Cursor
  type Query { none: Int }
  type Subscription { counted(name: String, after: String): Update! followed(after: String): Update! }
  type Update {
    name: String! version: Int! cursor: Cursor! kind: String! times: Int position: String follows: String
  }
`);

const countedQuery =
  'subscription ($name: String, $after: String) { counted(name: $name, after: $after) { name version cursor kind } }';
const comparedQuery = countedQuery.replace('kind', 'kind position follows');
const followedQuery =
  'subscription ($after: String) { counted: followed(after: $after) { name version cursor kind times } }';

export const queryOf = ({ isFollowed, compares }: SubscribeRequest): string =>
  isFollowed ? followedQuery : compares ? comparedQuery : countedQuery;

/** What every event of the board passes: it shows all of them. */
export const boardFilter = '*';

/** As the streams of dispatches read it: a counter is a dispatch of which id and version are known. */
type StreamEvent = CountEvent & BoardEvent;

const topicFor = (name: string | null): Topic<StreamEvent> => ({
  key: name === null ? boardTopic : topicOf(name),
  kind: {
    name: 'count',
    parse: (data) => {
      const event = data as CountEvent;
      const said = { changeType: event.change, dispatch: dispatchOf(event), timestamp: beganAt(event) };
      return { ...event, ...said } as StreamEvent;
    },
    identify: (event) => ({ subject: event.name, version: event.version }),
  },
});

/** Events do not say when they happened. */
const unknownDate = new Date(0).toISOString();

const dispatchOf = ({ name, version, changedAt }: Count & { readonly changedAt?: number }) => ({
  ...{ id: name, version },
  fechaActualizacion: changedAt === undefined ? unknownDate : new Date(changedAt).toISOString(),
});

/** Different each time at which a viewer begins to follow the same. */
const beganAt = ({ times }: Pick<CountEvent, 'times'>) => String(times);

/** One counter, or the board. */
export function countedSource(
  { name, after }: SubscribeRequest,
  database: DatabaseConnection,
): SubscriptionSource {
  const read = (since: number | null) =>
    database.read((record) =>
      name === null
        ? record.changedSince(since ?? Infinity)
        : record.counts.filter((count) => count.name === name),
    );
  const source: SubscriptionSource<StreamEvent> = {
    topic: topicFor(name),
    after,
    beginsWithSnapshot: name !== null,
    ...(name === null && { showsChanges: true, filter: boardFilter }),
    accepts: ({ event }) => !isFollowEvent(event),
    toValue: ({ event: { name: subject, version }, cursor, began, offset }, follows) => ({
      ...{ name: subject, version, cursor, kind: 'EVENT' },
      ...{ position: streamPosition(began, offset), follows },
    }),
    snapshot: async ({ since }) =>
      (await read(since)).map(({ name: subject, version }) => ({
        toValue: (cursor, position) => ({ name: subject, version, cursor, kind: 'SNAPSHOT', position }),
        identity: { subject, version },
      })),
  };
  return source;
}

/** The service's own stream of followed dispatches, of which the service of the topic alone has another name here. */
export async function followedSource(
  after: string | null,
  viewerId: string,
  database: DatabaseConnection,
): Promise<SubscriptionSource> {
  const { subscribe } = createDispatchSubscriptions({
    dispatches: {
      find: async (ids: readonly string[]) =>
        new Map((await findCounts(database, ids)).map((found) => [found.name, dispatchOf(found)])),
    } as unknown as DispatchRepository,
    follows: {
      followedBy: (viewer: string) =>
        database.read((record) => {
          const followed = [...record.followedBy(viewer)];
          return new Map(
            followed.map(([name, { version, times }]) => [name, { version, at: beganAt({ times }) }]),
          );
        }),
    } as unknown as Follows,
  }).followedDispatchUpdated as unknown as {
    readonly subscribe: (root: unknown, args: unknown, context: unknown) => unknown;
  };
  const source = sourceOf(await subscribe({}, { after }, { viewer: { id: viewerId } }));
  const shown: SubscriptionSource<StreamEvent> = {
    ...(source as SubscriptionSource<StreamEvent>),
    topic: topicFor(null),
    toValue: (event) => ({
      ...updateOf(source.toValue(event, null)),
      kind: 'EVENT',
      ...(event.event.change === 'FOLLOWED' && { kind: 'FOLLOWED', times: event.event.times }),
    }),
    snapshot: async (request) => shownAsUpdates(await source.snapshot(request)),
  };
  return shown;
}

const findCounts = (database: DatabaseConnection, ids: readonly string[]): Promise<readonly StoredCount[]> =>
  database.read((record) => record.stored.filter(({ name }) => ids.includes(name)));

function updateOf(value: unknown) {
  const { dispatch, cursor } = value as DispatchUpdateValue;
  return { name: dispatch.id, version: dispatch.version, cursor, kind: 'SNAPSHOT' };
}

function shownAsUpdates(
  made: readonly SnapshotItem[] | SnapshotPages,
): readonly SnapshotItem[] | SnapshotPages {
  const shown = (items: readonly SnapshotItem[]) =>
    items.map(({ toValue, identity }) => ({
      toValue: (cursor: string, position: string) => updateOf(toValue(cursor, position)),
      identity,
    }));
  if (!('read' in made)) return shown(made);
  return { count: made.count, read: async (page, signal) => shown(await made.read(page, signal)) };
}
