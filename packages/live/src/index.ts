/** What an app imports: the client, its types, and the list of dispatches that stays as it is on the service. */
export { createLiveClient } from './client.ts';
export type { LiveClient, LiveClientOptions, LiveTally } from './live-client.ts';
export type { Operation, Variables } from './core/operation.ts';
export { LiveError } from './core/problems.ts';
export type { GraphQLProblem } from './core/problems.ts';
export type { LiveKind, LiveState, StateListener } from './core/state.ts';
export type { StreamHandlers } from './core/stream.ts';
export type { TokenSource } from './core/tokens.ts';
export type { Timing } from './ways/way.ts';
export type { WayKind } from './ways/ways.ts';
export { activeStates, createDispatchList } from './dispatches/list.ts';
export type { DispatchList, DispatchListOptions, DispatchListSnapshot } from './dispatches/list.ts';
export type { DispatchRow } from './dispatches/rows.ts';
