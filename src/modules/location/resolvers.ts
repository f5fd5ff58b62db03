/** Fields of positions: to report one, to watch them, and what their types are made of. */
import type { MutationResolvers, Resolvers, SubscriptionResolvers } from '../../generated/resolvers.ts';
import { notFound } from '../../lib/errors.ts';
import { isPossibleId } from '../../schema/input.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { boundAmbulanciaId } from '../../schema/permissions.ts';
import { propertiesOf } from '../../schema/properties.ts';
import { msSince, type Clock } from '../../lib/clock.ts';
import { partlySince, placeInSnapshot, placeOf } from '../stream-place.ts';
import { asyncIterableOf, type SnapshotItem } from '../../realtime/source.ts';
import { createAreaStream, type AreaDeps, type AreaLocationValue } from './areas/subscription.ts';
import type { DeviceClocks } from './device-clocks.ts';
import { locationTopic, type LocationEvent, type LocationState } from './events.ts';
import { parseNewLocation } from './input.ts';
import type { LocationRepository } from './location-repository.ts';
import { updateOf, type LocationUpdateValue } from './update.ts';

export interface LocationDeps extends AreaDeps {
  readonly locations: LocationRepository;
  readonly deviceClocks: Pick<DeviceClocks, 'onReport'>;
  readonly clock: Clock;
}

export function createLocationResolvers(deps: LocationDeps): Pick<
  Resolvers,
  'AreaLocation' | 'Location' | 'LocationUpdate'
> & {
  readonly Mutation: Pick<MutationResolvers, 'reportLocation'>;
  readonly Subscription: Pick<SubscriptionResolvers, 'locationUpdated' | 'locationsInArea'>;
} {
  const { locations, clock, deviceClocks } = deps;
  return {
    Mutation: {
      async reportLocation(_root, args, context, info) {
        const input = parseNewLocation(args.input);
        const viewerId = context.viewer.id;
        const aheadMs =
          input.recordedAt === null ? null : -msSince(Date.parse(input.recordedAt), clock.now());
        const { location } = await locations.report(args.despachoId, input, {
          actorId: viewerId,
          onlyAmbulanciaId: boundAmbulanciaId(context.viewer),
          key: mutationKeyOf(args, context, info),
          onOutcome: (outcome) => deviceClocks.onReport({ viewerId, outcome, aheadMs }),
        });
        return location;
      },
    },
    Subscription: { locationUpdated: locationUpdated(deps), locationsInArea: createAreaStream(deps) },
    ...valueTypes,
  };
}

function locationUpdated({ locations, clock }: LocationDeps): SubscriptionResolvers['locationUpdated'] {
  return {
    async subscribe(_root, { despachoId, after }, { loaders }) {
      if (!isPossibleId(despachoId) || !(await loaders.dispatch.load(despachoId)))
        throw notFound('dispatch', despachoId);
      return asyncIterableOf<LocationEvent>({
        topic: locationTopic(despachoId),
        after: after ?? null,
        beginsWithSnapshot: true,
        // A reader who is slow is not shown every event, so that none can be said to follow another.
        filter: null,
        toValue: (entry): LocationUpdateValue => updateOf(entry.event, placeOf(entry, null)),
        async snapshot({ since, signal }): Promise<SnapshotItem[]> {
          const latest = (await locations.latest([despachoId], signal)).get(despachoId);
          const toValue = (cursor: string, position: string): LocationUpdateValue => ({
            ...placeInSnapshot(cursor, position, partlySince(since)),
            despachoId,
            location: latest?.location ?? null,
            timestamp: latest?.timestamp ?? new Date(clock.now()).toISOString(),
            snapshot: true,
          });
          return [{ toValue, identity: latest ? { subject: despachoId, version: latest.sequence } : null }];
        },
      });
    },
  };
}

const valueTypes: Pick<Resolvers, 'AreaLocation' | 'Location' | 'LocationUpdate'> = {
  AreaLocation: {
    ...propertiesOf<AreaLocationValue>()(
      'cursor',
      'change',
      'despachoId',
      'location',
      'timestamp',
      'recovered',
    ),
    dispatch: ({ despachoId }, _args, { loaders }) =>
      despachoId === null ? null : loaders.dispatch.load(despachoId),
  },
  Location: {
    ...propertiesOf<LocationState>()(
      'latitud',
      'longitud',
      'altitud',
      'velocidad',
      'rumbo',
      'precision',
      'recordedAt',
      'receivedAt',
    ),
  },
  LocationUpdate: {
    ...propertiesOf<LocationUpdateValue>()(
      'cursor',
      'despachoId',
      'location',
      'timestamp',
      'snapshot',
      'position',
      'follows',
      'recovered',
    ),
  },
};
