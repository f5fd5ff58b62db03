/** Fields of dispatches: queries, mutations, and what their types are made of. */
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import type {
  AssignedAmbulance,
  Eta,
  MutationResolvers,
  Place,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from '../../generated/resolvers.ts';
import { parseLimit, parseOffset } from '../../schema/input.ts';
import { mutationKeyOf } from '../../schema/mutation-key.ts';
import { boundAmbulanciaId } from '../../schema/permissions.ts';
import { propertiesOf } from '../../schema/properties.ts';
import { etaFrom, headingFor, type TravelTimes } from './arrival/arrival.ts';
import { wasNeverAssigned } from './assignments/assignment-book.ts';
import type { Assignments } from './assignments/assignments.ts';
import { createOfferStream, type OfferDeps } from './assignments/offers.ts';
import { assignmentFields, createAssignmentMutations } from './assignments/resolvers.ts';
import { withoutUnreadable } from './audit/readable-entry.ts';
import type { AuditEntry, AuditTrail } from './audit-trail.ts';
import type { DispatchRepository } from './dispatch-repository.ts';
import type { DispatchState } from './events.ts';
import {
  parseAuditFilter,
  parseReceiptFilter,
  parseAmbulance,
  parseChangeNotification,
  parseNewDispatch,
} from './input.ts';
import type { ChangeNotification } from './notifications/change-notification.ts';
import type { DispatchReceipt, DispatchReceipts } from './receipts/dispatch-receipts.ts';
import { createDispatchSubscriptions, type DispatchStreamsDeps } from './subscriptions.ts';
import { noPlace } from '../stream-place.ts';
import { updateOf, type DispatchUpdateValue } from './update.ts';

export interface DispatchDeps extends DispatchStreamsDeps, OfferDeps {
  readonly dispatches: DispatchRepository;
  readonly assignments: Assignments;
  readonly audit: AuditTrail;
  readonly receipts: DispatchReceipts;
  readonly keys: MutationKeys;
  readonly travelTimes: TravelTimes;
  /** Takes what another service says of a dispatch. Returns at once. */
  readonly onNotification: (notification: ChangeNotification) => void;
  /** The largest `limit` of a list. */
  readonly maxPageSize: number;
}

type DispatchQueries = Pick<
  QueryResolvers,
  'dispatch' | 'despachos' | 'dispatchesCursor' | 'events' | 'receipts'
>;
type DispatchMutations = Pick<
  MutationResolvers,
  | 'createDispatch'
  | 'assignDispatch'
  | 'updateDispatchStatus'
  | 'answerAssignment'
  | 'seeAssignment'
  | 'notifyDispatchEvent'
  | 'subscribeToDispatch'
  | 'unsubscribeFromDispatch'
>;
type DispatchSubscriptions = Pick<
  SubscriptionResolvers,
  'dispatchUpdated' | 'dispatchesUpdated' | 'followedDispatchUpdated' | 'assignmentOffered'
>;

export function createDispatchResolvers(deps: DispatchDeps): Pick<
  Resolvers,
  | 'Dispatch'
  | 'DispatchUpdate'
  | 'Place'
  | 'AssignedAmbulance'
  | 'Assignment'
  | 'AssignmentOffer'
  | 'AuditEvent'
  | 'Eta'
  | 'Receipt'
> & {
  readonly Query: DispatchQueries;
  readonly Mutation: DispatchMutations;
  readonly Subscription: DispatchSubscriptions;
} {
  return {
    Query: createQueries(deps),
    Mutation: { ...createMutations(deps), ...createAssignmentMutations(deps.assignments) },
    Subscription: { ...createDispatchSubscriptions(deps), assignmentOffered: createOfferStream(deps) },
    Dispatch: createDispatchFields(deps),
    ...valueTypes,
    ...assignmentFields,
  };
}

function createQueries({ dispatches, audit, receipts, maxPageSize: max }: DispatchDeps): DispatchQueries {
  return {
    dispatch: (_root, { id }, { loaders }) => loaders.dispatch.load(id),
    despachos: (_root, { estado, prioridad, limit, offset }, { signal }) =>
      dispatches.list(
        { estado: estado ?? null, prioridad: prioridad ?? null },
        parseLimit(limit, { fallback: 50, max }),
        parseOffset(offset),
        signal,
      ),
    dispatchesCursor(_root, _args, { boardCursor }) {
      if (boardCursor === undefined)
        throw new Error('The board cursor was not taken before the operation ran.');
      return boardCursor;
    },
    async events(_root, { limit: asked, ...filter }, { viewer, signal }) {
      const limit = parseLimit(asked, { fallback: 50, max });
      const entries = await audit.list(parseAuditFilter(filter), limit, signal);
      return entries.map((entry) => withoutUnreadable(entry, viewer));
    },
    receipts: (_root, { limit, offset, ...filter }, { signal }) =>
      receipts.list(
        {
          ...parseReceiptFilter(filter),
          limit: parseLimit(limit, { fallback: 50, max }),
          offset: parseOffset(offset),
        },
        signal,
      ),
  };
}

function createMutations({
  dispatches,
  follows,
  keys,
  onNotification,
}: DispatchDeps): Omit<DispatchMutations, 'answerAssignment' | 'seeAssignment'> {
  return {
    createDispatch: (_root, args, context, info) =>
      dispatches.create(parseNewDispatch(args.input), context.viewer.id, mutationKeyOf(args, context, info)),
    assignDispatch: (_root, args, context, info) =>
      dispatches.assign(args.id, parseAmbulance(args.ambulanciaId, args.placa), {
        actorId: context.viewer.id,
        expectedVersion: args.expectedVersion ?? null,
        key: mutationKeyOf(args, context, info),
      }),
    updateDispatchStatus: (_root, args, context, info) =>
      dispatches.updateStatus(args.id, args.estado, {
        actorId: context.viewer.id,
        expectedVersion: args.expectedVersion ?? null,
        onlyAmbulanciaId: boundAmbulanciaId(context.viewer),
        key: mutationKeyOf(args, context, info),
      }),
    async notifyDispatchEvent(_root, args, context, info) {
      const notification = parseChangeNotification(args.evento, args.despachoId, context.viewer.id);
      await keys.outside(mutationKeyOf(args, context, info), () => onNotification(notification));
      return true;
    },
    subscribeToDispatch: (_root, args, context, info) =>
      follows.follow(context.viewer.id, args.id, mutationKeyOf(args, context, info)),
    unsubscribeFromDispatch: (_root, args, context, info) =>
      follows.unfollow(context.viewer.id, args.id, mutationKeyOf(args, context, info)),
  };
}

function createDispatchFields({ maxPageSize: max, travelTimes }: DispatchDeps): Resolvers['Dispatch'] {
  return {
    __resolveReference: ({ id }, { loaders }) => loaders.dispatch.load(id),
    ...propertiesOf<DispatchState>()(
      'id',
      'estado',
      'prioridad',
      'incidente',
      'origen',
      'destino',
      'ambulancia',
      'observaciones',
      'distanciaKm',
      'tiempoEstimadoMin',
      'tiempoRealMin',
      'fechaSolicitud',
      'fechaAsignacion',
      'fechaLlegada',
      'fechaFinalizacion',
      'fechaActualizacion',
      'version',
    ),
    assignment: ({ assignment, ...dispatch }, _args, { loaders }) =>
      assignment === undefined && !wasNeverAssigned(dispatch)
        ? loaders.assignment.load(dispatch.id)
        : (assignment ?? null),
    ubicacionActual: async ({ id }, _args, { loaders }) =>
      (await loaders.latestLocation.load(id))?.location ?? null,
    async eta(dispatch, _args, { loaders }) {
      const to = headingFor(dispatch);
      const seen = to && (await loaders.latestLocation.load(dispatch.id));
      return seen && etaFrom(seen.location, to, travelTimes);
    },
    rastreo: ({ id }, { limit }, { loaders }) =>
      loaders.track(parseLimit(limit, { fallback: 100, max })).load(id),
    async historial({ id }, { limit }, { loaders }) {
      const events = await loaders.history(parseLimit(limit, { fallback: 50, max })).load(id);
      return events.map((event) => updateOf(event, noPlace));
    },
  };
}

const valueTypes: Pick<
  Resolvers,
  'DispatchUpdate' | 'Place' | 'AssignedAmbulance' | 'AuditEvent' | 'Eta' | 'Receipt'
> = {
  DispatchUpdate: {
    ...propertiesOf<DispatchUpdateValue>()(
      'cursor',
      'changeType',
      'dispatch',
      'previousEstado',
      'actorId',
      'timestamp',
      'position',
      'follows',
      'recovered',
    ),
  },
  Place: {
    ...propertiesOf<Place>()('latitud', 'longitud', 'direccion'),
  },
  AssignedAmbulance: {
    ...propertiesOf<AssignedAmbulance>()('id', 'placa'),
  },
  AuditEvent: {
    ...propertiesOf<AuditEntry>()('id', 'type', 'despachoId', 'actorId', 'timestamp', 'data'),
  },
  Eta: { ...propertiesOf<Eta>()('seconds', 'computedAt', 'basis') },
  Receipt: {
    ...propertiesOf<DispatchReceipt>()(
      'viewerId',
      'version',
      'snapshot',
      'field',
      'arguments',
      'sentAt',
      'acknowledgedAt',
      'transport',
      'acknowledgedBy',
    ),
  },
};
