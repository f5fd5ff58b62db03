/** How long things take: from an event to its sockets, and from a request to its answer. */
import { Histogram, type Registry } from 'prom-client';
import { FrequentHistogram } from '../frequent-histogram.ts';

const publishToSocketBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** `enableExemplars`: whether they have the ids of traces as examples. */
export const createLatencyMetrics = (registers: Registry[], enableExemplars: boolean) => ({
  publishToSocket: new FrequentHistogram({
    name: 'dispatch_publish_to_socket_seconds',
    help: 'Time from an event to the handing over of its frames to sockets, once per event and group.',
    buckets: publishToSocketBuckets,
    registers,
  }),

  requests: new Histogram({
    name: 'dispatch_http_request_seconds',
    help: 'Duration of GraphQL requests over HTTP, by operation type and outcome (ok or the first error code).',
    labelNames: ['type', 'outcome'] as const,
    buckets: requestBuckets,
    ...{ registers, enableExemplars },
  }),
});

/** How prom-client has it where a histogram takes examples; its types leave that out of `observe`. */
type ObserveWithExemplar = (observed: {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplarLabels?: { readonly trace_id: string };
}) => void;

/** Whether a histogram was made to take them. */
const takesExemplars = (histogram: object): boolean =>
  (histogram as { readonly enableExemplars?: boolean }).enableExemplars === true;

/** Observes a value, with the trace that shows how it came about where there is one. */
export function observe<L extends string>(
  histogram: Histogram<L>,
  value: number,
  labels: Readonly<Record<string, string>> = {},
  traceId?: string,
): void {
  if (!takesExemplars(histogram)) return histogram.observe(labels as never, value);
  const observeWith = histogram.observe.bind(histogram) as unknown as ObserveWithExemplar;
  observeWith({ labels, value, ...(traceId !== undefined && { exemplarLabels: { trace_id: traceId } }) });
}
