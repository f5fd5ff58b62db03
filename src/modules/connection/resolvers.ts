/** Fields that tell how busy the service is. */
import type { ConnectionStats, QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { Presence } from '../../stores/presence/presence.ts';

/** Counts of the process that answers. */
export interface ProcessStats {
  readonly connections: number;
  readonly subscriptions: number;
  readonly groups: number;
  readonly startedAt: Date;
}

export interface ConnectionDeps {
  readonly presence: Presence;
  readonly processStats: () => ProcessStats;
}

export function createConnectionResolvers({ presence, processStats }: ConnectionDeps): Pick<
  Resolvers,
  'ConnectionStats'
> & {
  readonly Query: Pick<QueryResolvers, 'connectionStats'>;
} {
  return {
    Query: {
      async connectionStats() {
        const { connections, viewers } = await presence.count();
        const own = processStats();
        return {
          connections,
          users: viewers,
          processConnections: own.connections,
          processSubscriptions: own.subscriptions,
          processGroups: own.groups,
          startedAt: own.startedAt,
        };
      },
    },
    ConnectionStats: {
      ...propertiesOf<ConnectionStats>()(
        'connections',
        'users',
        'processConnections',
        'processSubscriptions',
        'processGroups',
        'startedAt',
      ),
    },
  };
}
