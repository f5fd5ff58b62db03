/** Owns the endpoint that Prometheus reads. */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../observability/metrics.ts';

export function addMetrics(server: FastifyInstance, { registry }: Metrics): void {
  server.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics()),
  );
}
