/** The variables about subscriptions by HTTP callback: whom they may be sent to, how long that is tried, and how many there may be. */
import { hourMs, minuteMs, secondMs } from '../lib/clock.ts';
import type { EnvReader } from './env-reader.ts';
import { readCallbackAddresses } from './network.ts';

export function readCallbacks(reader: EnvReader) {
  return {
    /** Where subscriptions by HTTP callback may be sent: origins, and paths with all that lies below them. */
    allowedAddresses: readCallbackAddresses(reader),
    /** How long one message to a callback address may take. */
    timeoutMs: reader.integer('CALLBACK_TIMEOUT_MS', { fallback: 5 * secondMs, min: 50, max: minuteMs }),
    /** How long a message is sent again while its address cannot be reached. */
    retryMs: reader.integer('CALLBACK_RETRY_MS', { fallback: 30 * secondMs, min: 0, max: hourMs }),
    /** The shortest heartbeat interval that a router may ask for. */
    minHeartbeatMs: reader.integer('CALLBACK_MIN_HEARTBEAT_MS', {
      fallback: 2 * secondMs,
      min: 20,
      max: hourMs,
    }),
    /** How long a router is given for an event before the next one but three, where several wait. With 0 it is given none. */
    paceMs: reader.integer('CALLBACK_PACE_MS', { fallback: 5, min: 0, max: secondMs }),
    maxPerViewer: reader.integer('MAX_CALLBACKS_PER_VIEWER', { fallback: 500, min: 1, max: 1_000_000 }),
    maxPerOrigin: reader.integer('MAX_CALLBACKS_PER_ORIGIN', { fallback: 5_000, min: 1, max: 1_000_000 }),
  };
}
