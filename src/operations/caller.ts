/** Who sent an operation, and how long they wait for its answer. */
import type { Viewer } from '../auth/viewer.ts';
import type { Quota } from './quota.ts';

export interface Caller {
  /** Null for an operation that anybody may run. */
  readonly viewer: Viewer | null;
  /** By which the log knows the request, or the connection that it came over. */
  readonly requestId: string;
  readonly address: string;
  /** Aborted when the caller has left: reads on their behalf end, changes do not. */
  readonly signal: AbortSignal;
  /** What their subscriptions count against; null over a transport that cannot show a stream. */
  readonly quota: Quota | null;
}
