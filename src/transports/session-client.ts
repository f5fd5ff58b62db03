/** What a session asks of the transport that its client is connected by. */
import type { LiveClient } from './live.ts';

/**
 * Why a viewer may no longer be served: their token has expired, it was revoked or allows something else now, or their sessions
 * were ended.
 */
export type RightEnded = 'expired' | 'revoked' | 'ended';

/** What a session asks of its transport. */
export interface SessionClient {
  /** Asks the client to connect again; another process then goes on. */
  restart(): void;
  /** The viewer may no longer be served with this token. */
  revoke(because: RightEnded): void;
  /** Ends it at once, when the client does not answer. */
  terminate(): void;
  /**
   * Tells the client that its token ends then, milliseconds since the Unix epoch. Returns whether that could be said now. Absent
   * where nothing can be said.
   */
  warn?(expiresAt: number): boolean;
  /** Called once per round (see `SessionsOptions`), for what is due from time to time. `elapsed` is that of the clock. */
  tick?(elapsed: number): void;
  /**
   * Whether its client is gone: a sign of life was due some time ago, and does not come now either. Who is slow is not gone.
   * Never rejects.
   */
  isGone(): Promise<boolean>;
  /** What is live for its client. */
  live(): LiveClient;
}
