/** What the store of slots refuses, which is a mistake of this service and no outage: logged once where it happens again and again. */
import { Burst } from '../../lib/burst.ts';
import type { Clock } from '../../lib/clock.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { Logger } from '../../observability/log.ts';

export function createFailureReport(clock: Clock, log: Logger): (error: unknown) => void {
  const failures = new Burst(clock);
  return (error) => {
    // An outage is reported by the connection.
    if (error instanceof Unavailable) return;
    const first = failures.note();
    if (first) log.error({ err: error, ...first }, 'the store of slots refuses what is asked of it');
  };
}
