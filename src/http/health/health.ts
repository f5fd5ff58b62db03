/** What this process says about itself: that it is alive, whether it can serve, and its metrics. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Secret } from '../../config/secret.ts';
import { createMatches } from '../../lib/same-secret.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { version } from '../../observability/version.ts';
import type { Readiness } from './readiness.ts';

/** Whether a request is told more than yes or no. */
export type ShowsDetails = (request: FastifyRequest) => boolean;

/** Details for whoever shows this token as a bearer; for nobody where there is none. */
export function detailsFor(token: Secret | null): ShowsDetails {
  if (token === null) return () => false;
  const matches = createMatches([token.reveal()]);
  return ({ headers }) => {
    const shown = /^\s*Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
    return shown !== undefined && matches(shown);
  };
}

export function addHealth(server: FastifyInstance, readiness: Readiness, showsDetails: ShowsDetails): void {
  server.get('/health/live', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'alive', version }),
  );
  server.get('/health/ready', async (request, reply) => {
    const report = await readiness.report();
    const isReady = report.status === 'ready';
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(showsDetails(request) ? report : { status: isReady ? 'ready' : 'not ready' });
  });
}

/** Adds the endpoint that Prometheus reads. */
export function addMetrics(server: FastifyInstance, { registry }: Metrics): void {
  server.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics()),
  );
}
