/** Logs what failed: an outage is a warning, since it passes; anything else is a mistake of ours. */
import { Unavailable } from '../lib/unavailable.ts';
import type { Logger } from './log.ts';

/** `about` has what failed as `err`. */
export function logFailure(
  log: Logger,
  about: { readonly err: unknown } & Readonly<Record<string, unknown>>,
  what: string,
): void {
  if (about.err instanceof Unavailable) log.warn(about, what);
  else log.error(about, what);
}
