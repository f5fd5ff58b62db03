/** For how long a subscription by callback is its holder's, and for how long it is kept that nobody holds. */
import { dayMs } from '../../../lib/clock.ts';
import type { CallbackEntry, CallbackStore } from '../../../stores/callbacks/callbacks.ts';
import type { CallbackRequest } from '../request.ts';

/** The holder has sent a message half an interval ago at the latest: so whoever takes it is in time for the next one. */
const share = 1 / 4;
const shortestMs = 250;
const longestMs = 5_000;
/** Of a process that knows of no others nobody takes anything. */
const aloneMs = 60_000;
/** A router has given up by then. */
const keptIntervals = 2;
const keptMs = 60_000;

export function leaseOf(
  { heartbeatIntervalMs: everyMs }: Pick<CallbackRequest, 'heartbeatIntervalMs'>,
  { isShared }: Pick<CallbackStore, 'isShared'>,
): Pick<CallbackEntry, 'leaseMs' | 'keepMs'> {
  const wanted = everyMs === 0 ? longestMs : Math.round(everyMs * share);
  return {
    leaseMs: isShared ? Math.min(longestMs, Math.max(shortestMs, wanted)) : aloneMs,
    keepMs: everyMs === 0 ? dayMs : keptIntervals * everyMs + keptMs,
  };
}
