/** Logs what kept a stream from going on: an outage is a warning, since it passes; anything else is a mistake of ours. */
import { Unavailable } from '../lib/unavailable.ts';
import type { Logger } from '../observability/log.ts';

export function logFailure(log: Logger, error: unknown, topic: string, what: string): void {
  const about = { err: error, topic };
  if (error instanceof Unavailable) log.warn(about, what);
  else log.error(about, what);
}
