/** How long things take: from an event to its sockets, and from a request to its answer. */
import type { Registry } from 'prom-client';
import { FrequentHistogram } from '../frequent-histogram.ts';

const publishToSocketBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export const createLatencyMetrics = (registers: Registry[]) => ({
  publishToSocket: new FrequentHistogram({
    name: 'dispatch_publish_to_socket_seconds',
    help: 'Time from an event to the handing over of its frames to sockets, once per event and group.',
    buckets: publishToSocketBuckets,
    registers,
  }),

  requests: new FrequentHistogram({
    name: 'dispatch_http_request_seconds',
    help: 'Duration of GraphQL requests over HTTP, by operation type and outcome (ok or the first error code).',
    labelNames: ['type', 'outcome'],
    buckets: requestBuckets,
    registers,
  }),
});
