/** Fields of users: who they are, whether they are connected, and how they want to be seen. */
import type {
  MutationResolvers,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from '../../generated/resolvers.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import type { SharedContext } from '../../schema/context.ts';
import { isPossibleId, parseLimit } from '../../schema/input.ts';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { Clock } from '../../lib/clock.ts';
import type { PresentViewer } from '../../stores/presence/presence.ts';
import type { UserStatusFeed } from './status-feed.ts';
import {
  chosenStatus,
  visibleStatus,
  type StatusStores,
  type UserReference,
  type UserStatusChangeValue,
} from './status.ts';
import { createUserSubscriptions } from './subscriptions.ts';

export interface UserDeps extends StatusStores {
  readonly statusFeed: UserStatusFeed;
  readonly keys: MutationKeys;
  readonly clock: Clock;
  /** The largest `limit` of a list. */
  readonly maxPageSize: number;
}

type UserQueries = Pick<QueryResolvers, 'user' | 'onlineUsers'>;

export function createUserResolvers(deps: UserDeps): Pick<
  Resolvers,
  'User' | 'OnlineUser' | 'UserStatusChange'
> & {
  readonly Query: UserQueries;
  readonly Mutation: Pick<MutationResolvers, 'updateUserStatus'>;
  readonly Subscription: Pick<SubscriptionResolvers, 'userStatusChanged' | 'presenceChanged'>;
} {
  const { statusFeed, presence, keys } = deps;
  return {
    Query: createQueries(deps),
    Mutation: {
      async updateUserStatus(_root, args, context, info) {
        const { id } = context.viewer;
        // Sent again late, it would undo a later choice.
        const key = mutationKeyOf(args, context, info);
        await keys.outside(key, () => statusFeed.choose(presence, id, args.status));
        return { id };
      },
    },
    Subscription: createUserSubscriptions(deps),
    User: createUserFields(deps),
    ...valueTypes,
  };
}

function createQueries(deps: UserDeps): UserQueries {
  return {
    async user(_root, args, { loaders }) {
      const id = oneSpelling(args.id);
      return isPossibleId(id) && (await loaders.user.load(id)) ? { id } : null;
    },
    onlineUsers: (_root, { limit }, { signal }) =>
      listVisible(deps, parseLimit(limit, { fallback: 100, max: deps.maxPageSize }), signal),
  };
}

/** Users who are connected and did not choose OFFLINE. Reads a longer list while too many of its users did. */
async function listVisible(
  { presence, sessions }: StatusStores,
  limit: number,
  signal: AbortSignal,
): Promise<PresentViewer[]> {
  for (let wanted = limit; ; wanted *= 2) {
    const present = await presence.list(wanted);
    signal.throwIfAborted();
    const known = await sessions.getMany(present.map(({ viewerId }) => viewerId));
    const visible = present.filter(({ viewerId }) => chosenStatus(known.get(viewerId)) !== 'OFFLINE');
    if (visible.length >= limit || present.length < wanted) return visible.slice(0, limit);
  }
}

function createUserFields({ clock }: UserDeps): Resolvers['User'] {
  return {
    // A user of another subgraph is a user here too; one who never connected is OFFLINE.
    __resolveReference: ({ id }): UserReference | null => (isPossibleId(id) ? { id } : null),
    ...propertiesOf<UserReference>()('id'),
    name: async ({ id }, _args, { loaders }) => (await loaders.user.load(id))?.name ?? null,
    role: async ({ id }, _args, { loaders }) => (await loaders.user.load(id))?.role ?? null,
    async status({ id }, _args, { loaders }) {
      const [present, session] = await Promise.all([loaders.presence.load(id), loaders.session.load(id)]);
      return visibleStatus(present !== null, session);
    },
    isOnline: async ({ id }, _args, context) => (await seenConnected(id, context)) !== null,
    async lastSeen({ id }, _args, context) {
      if (await seenConnected(id, context)) return new Date(clock.now());
      const session = await context.loaders.session.load(id);
      return session && session.lastSeen > 0 ? new Date(session.lastSeen) : null;
    },
    connectionCount: async ({ id }, _args, context) =>
      (await seenConnected(id, context))?.connectionCount ?? 0,
  };
}

/** The presence of a user; null too for one who is connected but chose OFFLINE, unless it is they who ask. */
async function seenConnected(id: string, context: SharedContext): Promise<PresentViewer | null> {
  const { loaders, oneself } = context;
  const [present, session] = await Promise.all([loaders.presence.load(id), loaders.session.load(id)]);
  return id === oneself || chosenStatus(session) !== 'OFFLINE' ? present : null;
}

const valueTypes: Pick<Resolvers, 'OnlineUser' | 'UserStatusChange'> = {
  OnlineUser: {
    id: ({ viewerId }) => viewerId,
    // Their token may have no name; then another service may know it.
    name: async ({ viewerId, name }, _args, { loaders }) =>
      name ?? (await loaders.user.load(viewerId))?.name ?? null,
    ...propertiesOf<PresentViewer>()('role', 'connectionCount'),
    status: async ({ viewerId }, _args, { loaders }) => chosenStatus(await loaders.session.load(viewerId)),
    connectedAt: ({ connectedAt }) => new Date(connectedAt),
  },
  UserStatusChange: {
    ...propertiesOf<UserStatusChangeValue>()(
      'cursor',
      'userId',
      'status',
      'previousStatus',
      'isOnline',
      'timestamp',
      'snapshot',
      'position',
      'follows',
      'recovered',
    ),
    user: ({ userId }) => ({ id: userId }),
  },
};
