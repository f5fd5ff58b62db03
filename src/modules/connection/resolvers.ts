/** Fields that tell how busy the service is and what is open on it, and those by which sessions are ended. */
import type {
  ConnectionStats,
  MutationResolvers,
  QueryResolvers,
  Resolvers,
} from '../../generated/resolvers.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { FoundSubscription } from '../../stores/peers/messages.ts';
import type { Peers, SilentPeer } from '../../stores/peers/peers.ts';
import type { Presence } from '../../stores/presence/presence.ts';
import { parseDecision, parseLiveFilter } from './input.ts';
import type { AnnouncedEnd, SessionControl } from './session-control.ts';

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
  readonly peers: Peers;
  readonly sessionControl: SessionControl;
  /** The largest `limit` of a list. */
  readonly maxPageSize: number;
}

/** What the fields of LiveSubscriptions are taken from. */
interface LiveFound {
  readonly subscriptions: FoundSubscription[];
  readonly total: number;
  readonly isComplete: boolean;
  readonly silentProcesses: SilentPeer[];
}

type ConnectionTypes =
  'ConnectionStats' | 'LiveSubscription' | 'LiveSubscriptions' | 'SessionEnding' | 'SilentProcess';

export function createConnectionResolvers(deps: ConnectionDeps): Pick<Resolvers, ConnectionTypes> & {
  readonly Query: Pick<QueryResolvers, 'connectionStats' | 'liveSubscriptions'>;
  readonly Mutation: Pick<MutationResolvers, 'endSession' | 'readmitUser'>;
} {
  const { sessionControl } = deps;
  return {
    Query: createQueries(deps),
    Mutation: {
      endSession: (_root, args, context, info) =>
        sessionControl.end(parseDecision(args, context.viewer.id), mutationKeyOf(args, context, info)),
      readmitUser: (_root, args, context, info) =>
        sessionControl.readmit(parseDecision(args, context.viewer.id), mutationKeyOf(args, context, info)),
    },
    ...valueTypes,
  };
}

function createQueries({
  presence,
  processStats,
  peers,
  maxPageSize,
}: ConnectionDeps): Pick<QueryResolvers, 'connectionStats' | 'liveSubscriptions'> {
  return {
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
    async liveSubscriptions(_root, args) {
      const filter = parseLiveFilter(args, maxPageSize);
      const { answers, silent, isComplete } = await peers.ask({ kind: 'live', filter });
      const found = answers.flatMap(({ subscriptions }) => subscriptions);
      return {
        subscriptions: found.toSorted((a, b) => a.since - b.since).slice(0, filter.limit),
        total: answers.reduce((sum, { total }) => sum + total, 0),
        isComplete,
        silentProcesses: [...silent],
      };
    },
  };
}

const valueTypes: Pick<Resolvers, ConnectionTypes> = {
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
  LiveSubscriptions: {
    ...propertiesOf<LiveFound>()('subscriptions', 'total', 'isComplete', 'silentProcesses'),
  },
  LiveSubscription: {
    ...propertiesOf<FoundSubscription>()(
      'userId',
      'operationName',
      'field',
      'topic',
      'transport',
      'process',
      'connectionId',
      'sent',
      'acknowledged',
      'waitingBytes',
    ),
    since: ({ since }) => new Date(since),
  },
  SilentProcess: {
    ...propertiesOf<SilentPeer>()('name'),
    lastSeen: ({ lastSeen }) => new Date(lastSeen),
  },
  SessionEnding: {
    ...propertiesOf<AnnouncedEnd>()(
      'userId',
      'endedAt',
      'refusedUntil',
      'endedConnections',
      'isComplete',
      'silentProcesses',
    ),
  },
};
