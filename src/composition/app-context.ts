/** What every part of the service is made with. */
import type { Config } from '../config/config.ts';
import type { Parts } from '../lib/parts.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracing } from '../observability/tracing/tracing.ts';

export interface AppContext {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Each part registers here how it is ended, when it begins. What began last is ended first. */
  readonly parts: Parts;
  /** Aborted when the service is asked to end, so that a start that waits for something does not go on. */
  readonly closing: AbortSignal;
}
