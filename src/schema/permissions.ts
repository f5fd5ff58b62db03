/** Who may use which root field. This is checked before a field reads anything and before a stream opens. */
import { createRequire } from 'node:module';
import type { GraphQLSchema } from 'graphql';
import type * as GraphqlMiddleware from 'graphql-middleware';
import type * as GraphqlShield from 'graphql-shield';
import { normalizeRole } from '../auth/roles.ts';
import type { Permission, Viewer } from '../auth/viewer.ts';
import type { MutationResolvers, QueryResolvers, SubscriptionResolvers } from '../generated/resolvers.ts';
import { audienceOf } from './channels.ts';
import type { ViewerContext } from './context.ts';
import { referredType, type EntityType } from './references.ts';
import type { Scope } from './scope.ts';
import { oneSpelling } from '../lib/text/readable-text.ts';
import { forbidden, unauthenticated, type ClientError } from '../lib/errors.ts';

type Arguments = Readonly<Record<string, unknown>>;
/** Returns why the viewer may not use the field, or null when they may. */
type Check = (viewer: Viewer, args: Arguments) => ClientError | null;

const anyViewer: Check = () => null;

const needs =
  (permission: Permission): Check =>
  (viewer) =>
    viewer.permissions.has(permission)
      ? null
      : forbidden(`The permission "${permission}" is needed and missing.`);

const both =
  (first: Check, second: Check): Check =>
  (viewer, args) =>
    first(viewer, args) ?? second(viewer, args);

/** Like `needs`, but the permission must hold for every dispatch, not only for those of the viewer's own ambulance. */
const needsEverywhere = (permission: Permission): Check =>
  both(needs(permission), (viewer) =>
    isBoundToAmbulance(viewer)
      ? forbidden(
          `The permission "${permission}" is needed for every dispatch, and a paramedic has it for their own ambulance.`,
        )
      : null,
  );

/** For fields that other services use. */
const needsService: Check = ({ role }) =>
  role === 'system' || role === 'admin' ? null : forbidden('The role "system" is needed.');

/** For the crew of an ambulance. */
const ridesWithAmbulance: Check = ({ ambulanciaId }) =>
  ambulanciaId === null ? forbidden('Your token names no ambulance.') : null;

/** For fields of those who run the service. */
const needsAdmin: Check = ({ role }) => (role === 'admin' ? null : forbidden('The role "admin" is needed.'));

/** Viewers may always see themselves. */
const needsUnlessSelf =
  (permission: Permission, idArgument: string): Check =>
  (viewer, args) =>
    oneSpelling(String(args[idArgument])) === viewer.id ? null : needs(permission)(viewer, args);

/** Channels that are named after a role or a user are for those alone. Who may write to those of dispatches depends on the dispatch. */
const concerned: Check = (viewer, { channel }) => {
  const { kind, name } = audienceOf(String(channel));
  if (kind === 'role' && normalizeRole(name) !== normalizeRole(viewer.role))
    return forbidden('A channel "role:<role>:…" is for viewers of that role.');
  if (kind === 'user' && name !== viewer.id) return forbidden('A channel "user:<id>:…" is for that user.');
  return null;
};

/** Whoever may see a dispatch may read its channels. */
const seesDispatchOfChannel: Check = (viewer, args) =>
  audienceOf(String(args['channel'])).kind === 'dispatch' ? needs('view-dispatches')(viewer, args) : null;

const readsChannel = both(needs('view-messages'), both(concerned, seesDispatchOfChannel));
const writesChannel = both(needs('send-messages'), concerned);

/** Whether `update-dispatch` and `report-location` hold only for the dispatches of the viewer's own ambulance. */
function isBoundToAmbulance({ role }: Viewer): boolean {
  return role === 'paramedic';
}

/** Whether the viewer may change every dispatch: what `needsEverywhere('update-dispatch')` asks for. */
export function mayUpdateEveryDispatch(viewer: Viewer): boolean {
  return viewer.permissions.has('update-dispatch') && !isBoundToAmbulance(viewer);
}

/** What the viewer may be shown of people. Who changed a dispatch is shown to those who may read it in `events` too. */
export function scopeOf(viewer: Viewer): Scope {
  return { seesUsers: viewer.permissions.has('view-users'), seesActors: mayUpdateEveryDispatch(viewer) };
}

/** Whether the viewer may read the channel, as far as its name tells: that its dispatch exists is for others to say. */
export function mayReadChannel(viewer: Viewer, channel: string): boolean {
  return readsChannel(viewer, { channel }) === null;
}

/**
 * The ambulance to whose dispatches the viewer is bound; null when they may change all dispatches.
 *
 * @throws FORBIDDEN when they are bound to an ambulance and their token names none
 */
export function boundAmbulanciaId(viewer: Viewer): string | null {
  if (!isBoundToAmbulance(viewer)) return null;
  if (viewer.ambulanciaId === null)
    throw forbidden(
      'A paramedic may do this on dispatches of their own ambulance, and your token names no ambulance.',
    );
  return viewer.ambulanciaId;
}

/** What a viewer needs to have entities resolved to which other subgraphs refer. */
const entityChecks: Record<EntityType, Check> = {
  Alert: needs('view-dispatches'),
  Dispatch: needs('view-dispatches'),
  User: anyViewer,
};

const checkEntities: Check = (viewer, { representations }) => {
  for (const type of new Set((representations as readonly unknown[]).map(referredType))) {
    // What is no reference is an error in its own place.
    const refusal = type && entityChecks[type](viewer, {});
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
    alerts: needs('view-dispatches'),
    // The audit trail shows who did what, in all dispatches, and receipts who saw it.
    events: needsEverywhere('update-dispatch'),
    receipts: needsEverywhere('update-dispatch'),
    user: needsUnlessSelf('view-users', 'id'),
    onlineUsers: needs('view-users'),
    connectionStats: needs('view-users'),
    liveSubscriptions: needsAdmin,
    channelHistory: readsChannel,
    // Each of the streams that are asked for is judged as if it were subscribed.
    streamPlaces: anyViewer,
    // `__resolveReference` has no viewer, so all references of a request are checked here.
    _entities: checkEntities,
  },
  Mutation: {
    createDispatch: needs('create-dispatch'),
    assignDispatch: needsEverywhere('update-dispatch'),
    updateDispatchStatus: needs('update-dispatch'),
    // Whose crew it is depends on the assignment.
    answerAssignment: needs('update-dispatch'),
    seeAssignment: needs('update-dispatch'),
    // For those whom they are for: who decides about every dispatch.
    acknowledgeAlert: needsEverywhere('update-dispatch'),
    notifyDispatchEvent: needsService,
    reportLocation: needs('report-location'),
    subscribeToDispatch: needs('view-dispatches'),
    unsubscribeFromDispatch: needs('view-dispatches'),
    updateUserStatus: anyViewer,
    renewSession: anyViewer,
    broadcastMessage: writesChannel,
    endSession: needsAdmin,
    readmitUser: needsAdmin,
  },
  Subscription: {
    dispatchUpdated: needs('view-dispatches'),
    dispatchesUpdated: needs('view-dispatches'),
    followedDispatchUpdated: needs('view-dispatches'),
    assignmentOffered: both(needs('view-dispatches'), ridesWithAmbulance),
    alertRaised: needs('view-dispatches'),
    locationUpdated: needs('view-dispatches'),
    locationsInArea: needs('view-dispatches'),
    userStatusChanged: needsUnlessSelf('view-users', 'userId'),
    presenceChanged: needs('view-users'),
    messageBroadcast: readsChannel,
  },
};

/** Why the viewer may not have a stream of this field; null when they may. What the resolver of a stream does decides no permission. */
export function refusalOfStream(field: string, viewer: Viewer, args: Arguments): ClientError | null {
  return checks.Subscription[field as keyof SubscriptionResolvers](viewer, args);
}

// Loaded as an ES module, graphql-shield 7 imports a name from node:util that Node 23 has removed. If only one of the two were
// loaded as CommonJS, each would have its own copy of graphql-middleware's classes.
const require = createRequire(import.meta.url);
const { applyMiddleware } = require('graphql-middleware') as typeof GraphqlMiddleware;
const { rule, shield } = require('graphql-shield') as typeof GraphqlShield;

function shieldRule(check: Check) {
  // With a cache per context, shield would evaluate a rule once per subscription, whatever the arguments.
  return rule({ cache: 'no_cache' })((_parent, args: Arguments, { viewer }: Partial<ViewerContext>) =>
    viewer ? (check(viewer, args) ?? true) : unauthenticated(),
  );
}

/**
 * Returns the schema with guarded root fields. Fields of other types and `_service` stay as they are: shield would wrap each
 * in a promise, and an event could no longer be executed in one turn of the event loop.
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
