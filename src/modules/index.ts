/** Lists the modules, and makes the resolvers of the schema from theirs. */
import type { Resolvers } from '../generated/resolvers.ts';
import { scalars } from '../schema/scalars.ts';
import { createAlertResolvers, type AlertDeps } from './alert/resolvers.ts';
import { createConnectionResolvers, type ConnectionDeps } from './connection/resolvers.ts';
import { createDispatchResolvers, type DispatchDeps } from './dispatch/resolvers.ts';
import { createLocationResolvers, type LocationDeps } from './location/resolvers.ts';
import { createMessageResolvers, type MessageDeps } from './message/resolvers.ts';
import { createRenewalResolvers } from './renewal/resolvers.ts';
import { createStreamResolvers, type StreamDeps } from './stream/resolvers.ts';
import { createUserResolvers, type UserDeps } from './user/resolvers.ts';

export { createAppend } from './append.ts';
export { createAreaFeed } from './area-feed.ts';
export { SessionControl } from './connection/session-control.ts';
export { SessionEndRecord } from './connection/session-end-record.ts';
export { constantSpeed } from './dispatch/arrival/arrival.ts';
export { createBoardCursorStep } from './dispatch/board-cursor.ts';
export { createLoaders, type LoaderDeps, type Loaders } from './loaders.ts';
export { DeviceClocks } from './location/device-clocks.ts';
export { UserStatusFeed, type StatusFeedDeps } from './user/status-feed.ts';

export type ResolverDeps = AlertDeps &
  ConnectionDeps &
  DispatchDeps &
  LocationDeps &
  MessageDeps &
  StreamDeps &
  UserDeps;

export function createResolvers(deps: ResolverDeps): Resolvers {
  const alert = createAlertResolvers(deps);
  const connection = createConnectionResolvers(deps);
  const dispatch = createDispatchResolvers(deps);
  const location = createLocationResolvers(deps);
  const message = createMessageResolvers(deps);
  const renewal = createRenewalResolvers();
  const stream = createStreamResolvers(deps);
  const user = createUserResolvers(deps);
  return {
    ...scalars,
    ...alert,
    ...connection,
    ...dispatch,
    ...location,
    ...message,
    ...renewal,
    ...stream,
    ...user,
    Query: {
      ...alert.Query,
      ...connection.Query,
      ...dispatch.Query,
      ...message.Query,
      ...stream.Query,
      ...user.Query,
    },
    Mutation: {
      ...alert.Mutation,
      ...connection.Mutation,
      ...dispatch.Mutation,
      ...location.Mutation,
      ...message.Mutation,
      ...renewal.Mutation,
      ...user.Mutation,
    },
    Subscription: {
      ...alert.Subscription,
      ...dispatch.Subscription,
      ...location.Subscription,
      ...message.Subscription,
      ...user.Subscription,
    },
  };
}
