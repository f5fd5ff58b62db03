/** The context of resolvers: root fields get one with the viewer, all other fields one without. */
import type { RenewableSession } from '../auth/renewal.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Loaders } from '../modules/loaders.ts';
import type { Scope } from './scope.ts';

/**
 * What every resolver may use. It has no viewer, because an event is executed once for all subscribers of a group: so the
 * compiler makes sure that no field depends on one of them.
 */
export interface SharedContext {
  /** New for every request and every event. */
  readonly loaders: Loaders;
  /** What may be shown of people. Asked by the gates of fields, see `applyScope`. */
  readonly scope: Scope;
  /** The id of whom alone the answer is for. Null in a stream: nobody's own identity may split a group. */
  readonly oneself: string | null;
}

/** What an event is executed with. Of those it is shown to it has the scope that they share, and nothing else. */
export interface StreamContext extends SharedContext {
  readonly oneself: null;
}

/** What resolvers of root fields may use in addition. */
export interface ViewerContext extends SharedContext {
  readonly viewer: Viewer;
  /** Identifies the request, or the subscription's connection, in the log. */
  readonly requestId: string;
  /** The address of the client, for limits where no viewer is known. */
  readonly address: string;
  /** Aborted when the client is gone. For reads only: a change is never interrupted. */
  readonly signal: AbortSignal;
  /** Of a mutation: the key that its request came with; null where it came without, and for what changes nothing. */
  readonly idempotencyKey: string | null;
  /** The connection that the operation came over, where that may go on with another token. */
  readonly session?: RenewableSession | undefined;
  /** The cursor of the board's stream from before this operation read anything; set when it asks for `dispatchesCursor`. */
  boardCursor?: string;
}
