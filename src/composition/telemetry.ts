/** Opens what traces and sends metrics, where the environment asks for it. */
import { randomUUID } from 'node:crypto';
import { noTracing, type Tracing } from '../observability/tracing/tracing.ts';
import { version } from '../observability/version.ts';
import type { AppContext } from './app-context.ts';

/** It is ended last of all: what ends before it is in its traces. */
export async function openTracing({ config, log, clock, metrics, parts }: AppContext): Promise<Tracing> {
  const { serviceName, ...sent } = config.telemetry;
  if (!sent.traces && !sent.metrics) return noTracing;
  // Loaded only here: it takes time and memory, which nobody else is to pay.
  const { openTelemetry } = await import('../observability/tracing/open-telemetry.ts');
  const telemetry = openTelemetry({
    ...{ ...sent, registry: metrics.registry, clock, log },
    service: { name: serviceName, version, instance: randomUUID() },
  });
  parts.add('traces', () => telemetry[Symbol.asyncDispose]());
  return telemetry.tracing;
}
