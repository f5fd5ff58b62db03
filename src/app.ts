/** The service as one object: it starts, and it ends within its deadline. */
import { startService } from './composition/service.ts';
import type { AppContext } from './composition/app-context.ts';
import type { Config } from './config/config.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { Parts } from './lib/parts.ts';
import { within } from './lib/deadline.ts';
import { createLogger, type Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { noTracing } from './observability/tracing/tracing.ts';

export interface Overrides {
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** How it ended: with everything closed, or with something that was still closing when the deadline passed. */
export type Ending = 'clean' | 'forced';

export interface App {
  /** Resolves when it serves. Rejects, with everything closed again, when something it needs is missing. */
  start(): Promise<{ readonly url: string }>;
  /** Ends it within the configured deadline; the second call waits for the first. */
  close(): Promise<Ending>;
  /** Where it serves, from its start on. */
  readonly url: string;
  readonly log: Logger;
}

export function createApp(config: Config, overrides: Overrides = {}): App {
  const log = overrides.log ?? createLogger(config.log.level, { isTraced: config.telemetry.traces !== null });
  const clock = overrides.clock ?? systemClock;
  const metrics = overrides.metrics ?? createMetrics({ exemplars: config.telemetry.traces !== null });
  const parts = new Parts();
  const ending = new AbortController();
  const { signal: closing } = ending;
  const own = { config, log, clock, metrics, parts, closing };
  const context: AppContext = { ...own, tracing: noTracing };
  let starting: ReturnType<typeof startService> | undefined;
  let disposing: Promise<void> | undefined;
  let closed: Promise<Ending> | undefined;
  let url = '';

  function dispose(): Promise<void> {
    disposing ??= parts.close(({ part, error }) => {
      log.error({ err: error, part }, 'a part failed to close');
    });
    return disposing;
  }

  async function end(): Promise<Ending> {
    const { deadlineMs } = config.shutdown;
    ending.abort();
    const allClosed = (async () => {
      const endpoints = await starting?.catch(() => undefined);
      endpoints?.readiness.shutDown();
      await dispose();
    })();
    try {
      await within(systemClock, deadlineMs, 'Closing', allClosed);
      return 'clean';
    } catch (error) {
      log.error({ err: error, part: parts.closing }, 'not everything closed in time');
      return 'forced';
    }
  }

  return {
    log,
    get url() {
      return url;
    },
    async start() {
      starting ??= startService(context);
      try {
        ({ url } = await starting);
      } catch (error) {
        await dispose();
        throw error;
      }
      return { url };
    },
    close: () => (closed ??= end()),
  };
}
