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
        return asyncIterableOf(statusSource(deps, userTopic(id), after, () => [id]));
      },
    },
    presenceChanged: {
      subscribe: (_root, { after }) =>
        asyncIterableOf(
          statusSource(deps, usersTopic, after, async () => {
            const present = await deps.presence.list(maxSnapshotUsers);
            return present.map(({ viewerId }) => viewerId);
          }),
        ),
    },
  };
}

function statusSource(
  deps: UserStreamsDeps,
  topic: Topic<UserStatusEvent>,
  after: string | null | undefined,
  listUsers: () => readonly string[] | Promise<readonly string[]>,
): SubscriptionSource<UserStatusEvent> {
  return {
    topic,
    after: after ?? null,
    beginsWithSnapshot: false,
    toValue: ({ event, cursor }: TopicEvent<UserStatusEvent>): UserStatusChangeValue => ({
      ...event,
      cursor,
      snapshot: false,
    }),
    async snapshot({ signal }): Promise<SnapshotItem[]> {
      // Dated before it is read, so that it contains every change up to its date.
      const at = deps.clock.now();
      const userIds = await listUsers();
      signal.throwIfAborted();
      const statuses = await readStatuses(deps, userIds, new Date(at).toISOString());
      return statuses.map((status) => ({
        toValue: (cursor): UserStatusChangeValue => ({ ...status, cursor, snapshot: true }),
        identity: { subject: status.userId, version: at },
      }));
    },
  };
}
