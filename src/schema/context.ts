/** Owns what resolvers are given besides their arguments: for root fields with a viewer, for all others without one. */
import type { Viewer } from '../auth/viewer.ts';
import type { Loaders } from '../modules/loaders.ts';

/**
 * What every resolver may use. It holds no viewer: an event is executed once for all subscribers of a group, and the
 * compiler keeps their fields from depending on one of them.
 */
export interface SharedContext {
  /** Fresh for every request and every event. */
  readonly loaders: Loaders;
}

/** What resolvers of root fields may use besides. */
export interface ViewerContext extends SharedContext {
  readonly viewer: Viewer;
  /** Identifies the request, or the subscription's connection, in the log. */
  readonly requestId: string;
  /** The address of the client, for limits that apply without a viewer. */
  readonly address: string;
  /** Aborted when the caller has left. For reads alone: a change goes on to its end. */
  readonly signal: AbortSignal;
  /** Where the board stream stood before this operation read anything; set when it asks for `dispatchesCursor`. */
  boardCursor?: string;
}
