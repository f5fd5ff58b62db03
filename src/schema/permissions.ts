/** Owns who may use which root field. Checked before a field reads anything and before a stream opens. */
import { createRequire } from 'node:module';
import type { GraphQLSchema } from 'graphql';
import type * as GraphqlMiddleware from 'graphql-middleware';
import type * as GraphqlShield from 'graphql-shield';
import type { Permission, Viewer } from '../auth/viewer.ts';
import type { MutationResolvers, QueryResolvers, SubscriptionResolvers } from '../generated/resolvers.ts';
import type { ViewerContext } from './context.ts';
import { badUserInput, forbidden, unauthenticated, type ClientError } from '../lib/errors.ts';

type Arguments = Readonly<Record<string, unknown>>;
/** Why the viewer may not, or null when it may. */
type Check = (viewer: Viewer, args: Arguments) => ClientError | null;

const anyViewer: Check = () => null;

const needs =
  (permission: Permission): Check =>
  (viewer) =>
    viewer.permissions.has(permission)
      ? null
      : forbidden(`The permission "${permission}" is needed and missing.`);

/** As `needs`, but the permission must hold for every dispatch, not for those of the viewer's own ambulance alone. */
const needsEverywhere =
  (permission: Permission): Check =>
  (viewer, args) =>
    needs(permission)(viewer, args) ??
    (isBoundToAmbulance(viewer)
      ? forbidden(
          `The permission "${permission}" is needed for every dispatch, and a paramedic has it for its own ambulance.`,
        )
      : null);

/** For what other services say to this one. */
const needsService: Check = ({ role }) =>
  role === 'system' || role === 'admin' ? null : forbidden('The role "system" is needed.');

/** A viewer may always see itself. */
const needsUnlessSelf =
  (permission: Permission, idArgument: string): Check =>
  (viewer, args) =>
    args[idArgument] === viewer.id ? null : needs(permission)(viewer, args);

/** Whether `update-dispatch` and `report-location` hold only for dispatches of the viewer's own ambulance. */
function isBoundToAmbulance({ role }: Viewer): boolean {
  return role === 'paramedic';
}

/**
 * The ambulance whose dispatches alone the viewer may change; null when it may change all of them.
 *
 * @throws FORBIDDEN when it is bound to an ambulance and its token names none
 */
export function boundAmbulanciaId(viewer: Viewer): string | null {
  if (!isBoundToAmbulance(viewer)) return null;
  if (viewer.ambulanciaId === null)
    throw forbidden(
      'A paramedic may do this on dispatches of its own ambulance, and its token names no ambulance.',
    );
  return viewer.ambulanciaId;
}

/** Entities that other subgraphs refer to: what it takes to have them resolved. */
const entityChecks: ReadonlyMap<unknown, Check> = new Map([
  ['Dispatch', needs('view-dispatches')],
  ['User', anyViewer],
]);

const checkEntities: Check = (viewer, { representations }) => {
  for (const representation of representations as readonly unknown[]) {
    const { __typename: type, id } = (representation ?? {}) as {
      readonly __typename?: unknown;
      id?: unknown;
    };
    const check = entityChecks.get(type);
    if (!check || typeof id !== 'string')
      return badUserInput('A reference must be of an entity of this subgraph, with its id.');
    const refusal = check(viewer, {});
    if (refusal) return refusal;
  }
  return null;
};

const checks: {
  readonly Query: Record<keyof QueryResolvers | '_entities', Check>;
  readonly Mutation: Record<keyof MutationResolvers, Check>;
  readonly Subscription: Record<keyof SubscriptionResolvers, Check>;
} = {
  Query: {
    dispatch: needs('view-dispatches'),
    despachos: needs('view-dispatches'),
    dispatchesCursor: needs('view-dispatches'),
    // The trail tells who did what, to whoever answers for all dispatches.
    events: needsEverywhere('update-dispatch'),
    user: needsUnlessSelf('view-users', 'id'),
    onlineUsers: needs('view-users'),
    connectionStats: needs('view-users'),
    channelHistory: anyViewer,
    // `__resolveReference` knows no viewer: references are checked here, all of a request at once.
    _entities: checkEntities,
  },
  Mutation: {
    createDispatch: needs('create-dispatch'),
    assignDispatch: needsEverywhere('update-dispatch'),
    updateDispatchStatus: needs('update-dispatch'),
    notifyDispatchEvent: needsService,
    reportLocation: needs('report-location'),
    subscribeToDispatch: needs('view-dispatches'),
    unsubscribeFromDispatch: needs('view-dispatches'),
    updateUserStatus: anyViewer,
    broadcastMessage: anyViewer,
  },
  Subscription: {
    dispatchUpdated: needs('view-dispatches'),
    dispatchesUpdated: needs('view-dispatches'),
    followedDispatchUpdated: needs('view-dispatches'),
    locationUpdated: needs('view-dispatches'),
    userStatusChanged: needsUnlessSelf('view-users', 'userId'),
    presenceChanged: needs('view-users'),
    messageBroadcast: anyViewer,
  },
};

// As ES modules, graphql-shield 7 asks node:util for a name that Node 23 took away. Both must come from the same side.
const require = createRequire(import.meta.url);
const { applyMiddleware } = require('graphql-middleware') as typeof GraphqlMiddleware;
const { rule, shield } = require('graphql-shield') as typeof GraphqlShield;

function shieldRule(check: Check) {
  // No cache: a rule of shield that is cached per context is evaluated once per subscription, whatever its arguments.
  return rule({ cache: 'no_cache' })((_parent, args: Arguments, { viewer }: Partial<ViewerContext>) =>
    viewer ? (check(viewer, args) ?? true) : unauthenticated(),
  );
}

/**
 * The schema with its root fields guarded. Fields of other types, and `_service`, stay as they are: shield would wrap
 * each in a promise, and an event could no longer be executed within one turn of the loop.
 */
export function applyPermissions(schema: GraphQLSchema): GraphQLSchema {
  const rules = Object.fromEntries(
    Object.entries(checks).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.entries(fields).map(([field, check]) => [field, shieldRule(check)])),
    ]),
  );
  const everything = shield(rules, { allowExternalErrors: true }).generate(schema) as Record<
    string,
    Record<string, never>
  >;
  const guards = Object.fromEntries(
    Object.entries(rules).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.keys(fields).map((field) => [field, everything[type]![field]!])),
    ]),
  );
  return applyMiddleware(schema, guards);
}
