/** Fields of dispatches: queries, mutations, and what their types are made of. */
import type { Viewer } from '../../auth/viewer.ts';
import type {
  AssignedAmbulance,
  MutationResolvers,
  Place,
  QueryResolvers,
  Resolvers,
  SubscriptionResolvers,
} from '../../generated/resolvers.ts';
import { parseLimit, parseOffset } from '../../schema/input.ts';
import { boundAmbulanciaId, mayReadChannel } from '../../schema/permissions.ts';
import { propertiesOf } from '../../schema/properties.ts';
import type { AuditEntry, AuditTrail } from './audit-trail.ts';
import type { DispatchState } from './events.ts';
import { parseAuditFilter, parseAmbulance, parseChangeNotification, parseNewDispatch } from './input.ts';
import type { ChangeNotification } from './notifications/change-notification.ts';
import { createDispatchSubscriptions, type DispatchStreamsDeps } from './subscriptions.ts';
import { updateOf, type DispatchUpdateValue } from './update.ts';

export interface DispatchDeps extends DispatchStreamsDeps {
  readonly audit: AuditTrail;
  /** Takes what another service says of a dispatch. Returns at once. */
  readonly onNotification: (notification: ChangeNotification) => void;
  /** The largest `limit` of a list. */
  readonly maxPageSize: number;
}

type DispatchQueries = Pick<QueryResolvers, 'dispatch' | 'despachos' | 'dispatchesCursor' | 'events'>;
type DispatchMutations = Pick<
  MutationResolvers,
  | 'createDispatch'
  | 'assignDispatch'
  | 'updateDispatchStatus'
  | 'notifyDispatchEvent'
  | 'subscribeToDispatch'
  | 'unsubscribeFromDispatch'
>;
type DispatchSubscriptions = Pick<
  SubscriptionResolvers,
  'dispatchUpdated' | 'dispatchesUpdated' | 'followedDispatchUpdated'
>;

export function createDispatchResolvers(deps: DispatchDeps): Pick<
  Resolvers,
  'Dispatch' | 'DispatchUpdate' | 'Place' | 'AssignedAmbulance' | 'AuditEvent'
> & {
  readonly Query: DispatchQueries;
  readonly Mutation: DispatchMutations;
  readonly Subscription: DispatchSubscriptions;
} {
  return {
    Query: createQueries(deps),
    Mutation: createMutations(deps),
    Subscription: createDispatchSubscriptions(deps),
    Dispatch: createDispatchFields(deps),
    ...valueTypes,
  };
}

function createQueries({ dispatches, audit, maxPageSize: max }: DispatchDeps): DispatchQueries {
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
    async events(_root, { limit, ...filter }, { viewer }) {
      const entries = await audit.list(parseAuditFilter(filter), parseLimit(limit, { fallback: 50, max }));
      return entries.map((entry) => withoutUnreadable(entry, viewer));
    },
  };
}

/** What was said on a channel is for those who may read there: to others the trail shows who spoke, and when. */
function withoutUnreadable(entry: AuditEntry, viewer: Viewer): AuditEntry {
  if (entry.type !== 'message.broadcast') return entry;
  const data = entry.data as { readonly channel: string };
  return mayReadChannel(viewer, data.channel) ? entry : { ...entry, data: { ...data, message: null } };
}

function createMutations({ dispatches, follows, onNotification }: DispatchDeps): DispatchMutations {
  return {
    createDispatch: (_root, { input }, { viewer }) => dispatches.create(parseNewDispatch(input), viewer.id),
    assignDispatch: (_root, { id, ambulanciaId, placa, expectedVersion }, { viewer }) =>
      dispatches.assign(id, parseAmbulance(ambulanciaId, placa), {
        actorId: viewer.id,
        expectedVersion: expectedVersion ?? null,
      }),
    updateDispatchStatus: (_root, { id, estado, expectedVersion }, { viewer }) =>
      dispatches.updateStatus(id, estado, {
        actorId: viewer.id,
        expectedVersion: expectedVersion ?? null,
        onlyAmbulanciaId: boundAmbulanciaId(viewer),
      }),
    notifyDispatchEvent(_root, { evento, despachoId }, { viewer }) {
      onNotification(parseChangeNotification(evento, despachoId, viewer.id));
      return true;
    },
    subscribeToDispatch: (_root, { id }, { viewer }) => follows.follow(viewer.id, id),
    unsubscribeFromDispatch: (_root, { id }, { viewer }) => follows.unfollow(viewer.id, id),
  };
}

function createDispatchFields({ maxPageSize: max }: DispatchDeps): Resolvers['Dispatch'] {
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
    ubicacionActual: async ({ id }, _args, { loaders }) =>
      (await loaders.latestLocation.load(id))?.location ?? null,
    rastreo: ({ id }, { limit }, { loaders }) =>
      loaders.track(parseLimit(limit, { fallback: 100, max })).load(id),
    async historial({ id }, { limit }, { loaders }) {
      const events = await loaders.history(parseLimit(limit, { fallback: 50, max })).load(id);
      return events.map((event) => updateOf(event, null));
    },
  };
}

const valueTypes: Pick<Resolvers, 'DispatchUpdate' | 'Place' | 'AssignedAmbulance' | 'AuditEvent'> = {
  DispatchUpdate: {
    ...propertiesOf<DispatchUpdateValue>()(
      'cursor',
      'changeType',
      'dispatch',
      'previousEstado',
      'actorId',
      'timestamp',
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
};
