/** Subscriptions of users: to one user's status, and to everybody's. */
import type { SubscriptionResolvers } from '../../generated/resolvers.ts';
import { parseId } from '../../schema/input.ts';
import type { Clock } from '../../lib/clock.ts';
import { asyncIterableOf, type SnapshotItem, type SubscriptionSource } from '../../realtime/source.ts';
import type { Topic, TopicEvent } from '../../realtime/topic.ts';
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
        const read: ReadCurrent = (timestamp) => readStatuses(deps, [id], timestamp);
        return asyncIterableOf(statusSource(deps, userTopic(id), after, read));
      },
    },
    presenceChanged: {
      subscribe: (_root, { after }) =>
        asyncIterableOf(
          statusSource(deps, usersTopic, after, async (timestamp, signal) => {
            const present = await deps.presence.list(maxSnapshotUsers);
            signal.throwIfAborted();
            const ids = present.map(({ viewerId }) => viewerId);
            const statuses = await readStatuses(deps, ids, timestamp);
            // To be named here would tell that somebody is connected who does not want to be seen.
            return statuses.filter(({ isOnline }) => isOnline);
          }),
        ),
    },
  };
}

/** Reads the current status of all whom a stream is about. */
type ReadCurrent = (timestamp: string, signal: AbortSignal) => Promise<readonly UserStatusEvent[]>;

function statusSource(
  deps: UserStreamsDeps,
  topic: Topic<UserStatusEvent>,
  after: string | null | undefined,
  readCurrent: ReadCurrent,
): SubscriptionSource<UserStatusEvent> {
  return {
    topic,
    after: after ?? null,
    beginsWithSnapshot: false,
    toValue: ({ event, cursor }: TopicEvent<UserStatusEvent>): UserStatusChangeValue => ({
      ...event,
      // Events of earlier releases say of who chose OFFLINE that they are connected.
      isOnline: event.isOnline && event.status !== 'OFFLINE',
      cursor,
      snapshot: false,
    }),
    async snapshot({ signal }): Promise<SnapshotItem[]> {
      // Dated before it is read, so that it contains every change up to its date.
      const at = deps.clock.now();
      const statuses = await readCurrent(new Date(at).toISOString(), signal);
      return statuses.map((status) => ({
        toValue: (cursor): UserStatusChangeValue => ({ ...status, cursor, snapshot: true }),
        identity: { subject: status.userId, version: at },
      }));
    },
  };
}
