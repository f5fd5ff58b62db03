/** Subscriptions of users: to one user's status, and to everybody's. */
import type { SubscriptionResolvers } from '../../generated/resolvers.ts';
import { parseId } from '../../schema/input.ts';
import type { Clock } from '../../lib/clock.ts';
import { partlySince, placeInSnapshot, placeOf } from '../stream-place.ts';
import {
  asyncIterableOf,
  pagesOf,
  type SnapshotItem,
  type SnapshotRequest,
  type SubscriptionSource,
} from '../../realtime/source.ts';
import type { Topic, TopicEvent } from '../../realtime/topics/topic.ts';
import { usersTopic, userTopic, type UserStatusEvent } from './events.ts';
import { readStatuses, type StatusStores, type UserStatusChangeValue } from './status.ts';

export interface UserStreamsDeps extends StatusStores {
  readonly clock: Clock;
}

const maxUserIdLength = 128;
/** Users in the snapshot that everybody's stream goes on with when the log no longer reaches back. */
const maxSnapshotUsers = 10_000;

export function createUserSubscriptions(
  deps: UserStreamsDeps,
): Pick<SubscriptionResolvers, 'userStatusChanged' | 'presenceChanged'> {
  return {
    userStatusChanged: {
      subscribe: (_root, { userId, after }) => {
        const id = parseId('userId', userId, maxUserIdLength);
        return asyncIterableOf(
          statusSource(userTopic(id), after, ({ since }) => readItems(deps, [id], { since })),
        );
      },
    },
    presenceChanged: {
      subscribe: (_root, { after }) =>
        asyncIterableOf(
          statusSource(usersTopic, after, async ({ since, signal }) => {
            const present = await deps.presence.list(maxSnapshotUsers);
            signal.throwIfAborted();
            const ids = present.map(({ viewerId }) => viewerId);
            // To be named here would tell that somebody is connected who does not want to be seen.
            return pagesOf(ids, (some) =>
              readItems(deps, some, { since, isShown: ({ isOnline }) => isOnline }),
            );
          }),
        ),
    },
  };
}

interface ReadOptions extends Pick<SnapshotRequest, 'since'> {
  readonly isShown?: (status: UserStatusEvent) => boolean;
}

/** The current status of users, of those who are shown. */
async function readItems(
  deps: UserStreamsDeps,
  userIds: readonly string[],
  { since, isShown = () => true }: ReadOptions,
): Promise<SnapshotItem[]> {
  // Dated before it is read, so that it contains every change up to its date.
  const at = deps.clock.now();
  const statuses = await readStatuses(deps, userIds, new Date(at).toISOString());
  return statuses.filter(isShown).map((status) => ({
    toValue: (cursor, position): UserStatusChangeValue => ({
      ...status,
      ...placeInSnapshot(cursor, position, partlySince(since)),
      snapshot: true,
    }),
    identity: { subject: status.userId, version: at },
  }));
}

function statusSource(
  topic: Topic<UserStatusEvent>,
  after: string | null | undefined,
  snapshot: SubscriptionSource<UserStatusEvent>['snapshot'],
): SubscriptionSource<UserStatusEvent> {
  return {
    topic,
    after: after ?? null,
    beginsWithSnapshot: false,
    toValue: (entry: TopicEvent<UserStatusEvent>, follows): UserStatusChangeValue => ({
      ...entry.event,
      ...placeOf(entry, follows),
      // Events of earlier releases say of who chose OFFLINE that they are connected.
      isOnline: entry.event.isOnline && entry.event.status !== 'OFFLINE',
      snapshot: false,
    }),
    snapshot,
  };
}
