/** Fields of alerts: to list them, to watch them, and to say that one was seen. */
import type {
  AlertPageInfo,
  MutationResolvers,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from '../../generated/resolvers.ts';
import { parseLimit, refuseInput } from '../../schema/input.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { AlertRepository } from './alert-repository.ts';
import { alertOutside, createAlertStream, type AlertValue } from './stream.ts';

interface Edge {
  readonly cursor: string;
  readonly node: AlertValue;
}

export interface AlertDeps {
  readonly alerts: AlertRepository;
  /** The largest `first` of a list. */
  readonly maxPageSize: number;
}

export function createAlertResolvers({ alerts, maxPageSize: max }: AlertDeps): Pick<
  Resolvers,
  'Alert' | 'AlertConnection' | 'AlertEdge' | 'AlertPageInfo'
> & {
  readonly Query: Pick<QueryResolvers, 'alerts'>;
  readonly Mutation: Pick<MutationResolvers, 'acknowledgeAlert'>;
  readonly Subscription: Pick<SubscriptionResolvers, 'alertRaised'>;
} {
  return {
    Query: {
      async alerts(_root, { open, kinds, despachoId, first, after }, { signal }) {
        if (after != null && !/^\d{1,16}$/.test(after)) refuseInput('after', 'must be an `endCursor`');
        const limit = parseLimit(first, { fallback: 50, max }, 'first');
        const filter = { open: open ?? null, kinds: kinds ?? null, despachoId: despachoId ?? null };
        // One more than is shown tells whether there are more.
        const found = await alerts.list({ ...filter, after: after ?? null }, limit + 1, signal);
        const shown = found.slice(0, limit);
        return {
          edges: shown.map((alert) => ({ cursor: alert.id, node: alertOutside(alert) })),
          pageInfo: { endCursor: shown.at(-1)?.id ?? null, hasNextPage: found.length > limit },
        };
      },
    },
    Mutation: {
      acknowledgeAlert: async (_root, args, context, info) =>
        alertOutside(
          await alerts.acknowledge(args.id, context.viewer.id, mutationKeyOf(args, context, info)),
        ),
    },
    Subscription: { alertRaised: createAlertStream(alerts) },
    Alert: {
      async __resolveReference({ id }, { loaders }) {
        const alert = await loaders.alert.load(id);
        return alert && alertOutside(alert);
      },
      ...propertiesOf<AlertValue>()(
        ...([
          'id',
          'kind',
          'despachoId',
          'ambulanciaId',
          'assignmentId',
          'estado',
          'prioridad',
          'since',
          'limitAt',
          'raisedAt',
          'clearedAt',
          'acknowledgedAt',
          'acknowledgedBy',
          'cursor',
          'position',
          'follows',
          'recovered',
        ] as const),
      ),
      dispatch: ({ despachoId }, _args, { loaders }) => loaders.dispatch.load(despachoId),
    },
    ...listTypes,
  };
}

const listTypes: Pick<Resolvers, 'AlertConnection' | 'AlertEdge' | 'AlertPageInfo'> = {
  AlertConnection: {
    ...propertiesOf<{ readonly edges: Edge[]; readonly pageInfo: AlertPageInfo }>()('edges', 'pageInfo'),
  },
  AlertEdge: { ...propertiesOf<Edge>()('cursor', 'node') },
  AlertPageInfo: { ...propertiesOf<AlertPageInfo>()('endCursor', 'hasNextPage') },
};
