/** Owns what is known of whoever sent an operation. */
import type { Viewer } from '../auth/viewer.ts';

/** Who sent a request. `viewer` is null for an operation that anybody may run. */
export interface RequestInfo {
  readonly viewer: Viewer | null;
  readonly requestId: string;
  readonly address: string;
  /** Aborted when the one who asked is gone. */
  readonly signal?: AbortSignal;
}
