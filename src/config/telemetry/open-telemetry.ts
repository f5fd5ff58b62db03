/** OpenTelemetry's own variables, as far as this service has to know them: its exporters read where to send things by themselves. */
import { minuteMs } from '../../lib/clock.ts';
import type { EnvReader } from '../env-reader.ts';

const samplers = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
];

export function readTelemetry(reader: EnvReader) {
  const isOff = reader.choice('OTEL_SDK_DISABLED', ['true', 'false'], 'false') === 'true';
  const http = ['http:', 'https:'];
  const all = reader.url('OTEL_EXPORTER_OTLP_ENDPOINT', http) !== null;
  const ofTraces = reader.url('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', http) !== null;
  const ofMetrics = reader.url('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', http) !== null;
  const tracesTo = reader.choice('OTEL_TRACES_EXPORTER', ['otlp', 'none'], 'otlp');
  const metricsTo = reader.choice('OTEL_METRICS_EXPORTER', ['otlp', 'none'], 'otlp');
  reader.choice('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf'], 'http/protobuf');
  // Looked at by the exporters alone; the headers may be secret.
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_RESOURCE_ATTRIBUTES']) reader.text(name);
  const traces = {
    sampler: reader.choice('OTEL_TRACES_SAMPLER', samplers, 'parentbased_always_on'),
    ratio: reader.decimal('OTEL_TRACES_SAMPLER_ARG', { fallback: 1, min: 0, max: 1 }),
    delayMs: reader.integer('OTEL_BSP_SCHEDULE_DELAY', { fallback: 5_000, min: 10, max: minuteMs }),
  };
  const metrics = {
    everyMs: reader.integer('OTEL_METRIC_EXPORT_INTERVAL', {
      fallback: minuteMs,
      min: 50,
      max: 60 * minuteMs,
    }),
  };
  return {
    serviceName: reader.text('OTEL_SERVICE_NAME') ?? 'dispatch-subgraph',
    /** Null where nothing is traced: then none of its code is loaded. */
    traces: !isOff && tracesTo === 'otlp' && (all || ofTraces) ? traces : null,
    /** Null where metrics are not sent. They are always there to be read. */
    metrics: !isOff && metricsTo === 'otlp' && (all || ofMetrics) ? metrics : null,
  };
}
