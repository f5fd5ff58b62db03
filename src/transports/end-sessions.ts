/** Ends what is open on this process of viewers whose sessions were ended. */
import type { Authentication } from '../auth/authentication.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Session } from './session.ts';

/** Returns how much that was. */
export function endSessions(
  sessions: Iterable<Session>,
  authentication: Pick<Authentication, 'hasEnded'>,
  metrics: Metrics,
): number {
  let count = 0;
  for (const session of sessions) {
    if (session.viewer === null || !authentication.hasEnded(session.viewer)) continue;
    session.revoke('ended');
    count += 1;
  }
  metrics.sessionsEnded.inc(count);
  return count;
}
