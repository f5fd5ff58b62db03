/** The port for those who run the service: metrics, and readiness with its details. */
import { listen } from '../../http/connections/listen.ts';
import { addHealth, addMetrics } from '../../http/health/health.ts';
import type { Readiness } from '../../http/health/readiness.ts';
import { createServer } from '../../http/server.ts';
import type { AppContext } from '../app-context.ts';

/** Of those who run the service, however many of them ask: descriptors are for clients. */
const maxConnections = 16;

/** Opens `METRICS_PORT`; it is closed with the service. Resolves at once where there is none. */
export async function openOperatorPort(context: AppContext, readiness: Readiness): Promise<void> {
  const { config, log, metrics, parts } = context;
  const { metricsPort: port, host } = config.http;
  if (port === null) return;
  const server = createServer({ ...config.http, log });
  server.server.maxConnections = maxConnections;
  addHealth(server, readiness, () => true);
  addMetrics(server, metrics);
  parts.add('METRICS_PORT', async () => {
    const closing = server.close();
    server.server.closeAllConnections();
    await closing;
  });
  const address = await listen(server, { host, port, setting: 'METRICS_PORT' });
  log.info({ port: address.port }, 'metrics and the details of readiness are at a port of their own');
}
