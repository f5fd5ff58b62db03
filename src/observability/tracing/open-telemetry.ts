/** Tracing by OpenTelemetry's SDK. Nobody imports this file where nothing is traced. */
import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind as ApiKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as ApiSpan,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { Registry } from 'prom-client';
import { Burst } from '../../lib/burst.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../log.ts';
import { currentSpan } from './current-span.ts';
import { createMetricProducer } from './metric-producer.ts';
import { formatTraceparent, readTraceparent } from './traceparent.ts';
import { noTracing, type Attributes, type Span, type SpanOptions, type Tracing } from './tracing.ts';

export interface TelemetryOptions {
  readonly service: { readonly name: string; readonly version: string; readonly instance: string };
  /** The name of a sampler, as OTEL_TRACES_SAMPLER has it, and its argument. Null: nothing is traced. */
  readonly traces: { readonly sampler: string; readonly ratio: number; readonly delayMs: number } | null;
  /** Null: metrics are not sent. */
  readonly metrics: { readonly everyMs: number } | null;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** For what waits to be sent when the process ends, milliseconds. */
const lastSendMs = 2_000;

export interface Telemetry extends AsyncDisposable {
  readonly tracing: Tracing;
}

/** Sends what it records to the addresses that OpenTelemetry's own variables name. */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { service, traces, metrics, registry } = options;
  reportTo(options);
  const resource = detectResources({ detectors: [envDetector] }).merge(
    resourceFromAttributes({
      'service.name': service.name,
      'service.version': service.version,
      'service.instance.id': service.instance,
    }),
  );
  const provider = traces && new TracerProvider({ resource, ...processing(traces) });
  const reader =
    metrics &&
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis: metrics.everyMs,
      exportTimeoutMillis: Math.min(metrics.everyMs, 10_000),
    });
  reader?.setMetricProducer(createMetricProducer(registry, resource, service, () => options.clock.now()));
  return {
    tracing: provider ? new SdkTracing(provider.getTracer(service.name, service.version)) : noTracing,
    async [Symbol.asyncDispose]() {
      const sent = Promise.allSettled([provider?.shutdown(), reader?.shutdown()]);
      await Promise.race([sent, options.clock.sleep(lastSendMs)]);
    },
  };
}

function processing({ sampler, ratio, delayMs }: NonNullable<TelemetryOptions['traces']>) {
  const exporter = new OTLPTraceExporter();
  return {
    sampler: samplerOf(sampler, ratio),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: delayMs })],
  };
}

function samplerOf(name: string, ratio: number): Sampler {
  const root = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** That the receiver is away is said once in a while, and changes nothing else. */
function reportTo({ log, clock }: TelemetryOptions): void {
  const failures = new Burst(clock);
  const report = (message: string) => {
    const first = failures.note();
    if (first) log.warn({ ...first, said: message.slice(0, 500) }, 'OpenTelemetry reports a problem');
  };
  const ignore = () => undefined;
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

const kinds = {
  internal: ApiKind.INTERNAL,
  server: ApiKind.SERVER,
  client: ApiKind.CLIENT,
  producer: ApiKind.PRODUCER,
  consumer: ApiKind.CONSUMER,
} as const;

class SdkTracing implements Tracing {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  begin(name: string, { kind = 'internal', parent, isRoot = false, attributes = {} }: SpanOptions = {}) {
    const context = contextOf(parent === undefined ? currentSpan()?.traceparent : parent);
    if (!context && !isRoot) return null;
    const options = { kind: kinds[kind], attributes: { ...attributes } };
    const span = this.#tracer.startSpan(name, options, context ?? ROOT_CONTEXT);
    return span.isRecording() ? new SdkSpan(span) : null;
  }
}

function contextOf(parent: unknown): Context | null {
  const read = readTraceparent(parent);
  if (!read) return null;
  const { traceId, spanId, isSampled } = read;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

class SdkSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly #span: ApiSpan;

  constructor(span: ApiSpan) {
    ({ traceId: this.traceId, spanId: this.spanId } = span.spanContext());
    this.#span = span;
  }

  get traceparent(): string {
    return formatTraceparent({ traceId: this.traceId, spanId: this.spanId, isSampled: true });
  }

  note(attributes: Attributes): void {
    this.#span.setAttributes({ ...attributes });
  }

  fail(why: string): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.setAttribute('error.type', why);
  }

  end(): void {
    this.#span.end();
  }
}
