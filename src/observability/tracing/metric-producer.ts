/** Hands the metrics of the service, which prom-client counts, to OpenTelemetry as they stand. */
import { ValueType, type HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { activeSubscriptions } from './names.ts';

type Metric = MetricObjectWithValues<MetricValue<string> & { readonly metricName?: string }>;

/** Where a convention of OpenTelemetry has a name for what one of them counts. */
const conventional: Readonly<Record<string, string>> = { dispatch_subscriptions: activeSubscriptions };

export function createMetricProducer(
  registry: Registry,
  resource: Resource,
  scope: { readonly name: string; readonly version: string },
  now: () => number,
): MetricProducer {
  const startTime = hrTime(now());
  return {
    async collect() {
      const found = (await registry.getMetricsAsJSON()) as unknown as readonly Metric[];
      const endTime = hrTime(now());
      const metrics = found.flatMap((metric) => dataOf(metric, { startTime, endTime }));
      const { name, version } = scope;
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name, version }, metrics }] },
        errors: [],
      };
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function dataOf(metric: Metric, times: Times): MetricData[] {
  const about = {
    descriptor: {
      name: conventional[metric.name] ?? metric.name,
      description: metric.help,
      unit: /_seconds(_total)?$/.test(metric.name) ? 's' : /_bytes$/.test(metric.name) ? 'By' : '1',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const type = String(metric.type);
  if (type === 'histogram')
    return [
      { ...about, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramsOf(metric.values, times) },
    ];
  const dataPoints = metric.values.map(({ labels, value }) => ({
    ...times,
    attributes: { ...labels } as Record<string, string>,
    value,
  }));
  if (type === 'gauge') return [{ ...about, dataPointType: DataPointType.GAUGE, dataPoints }];
  if (type !== 'counter') return [];
  return [{ ...about, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: true }];
}

/** prom-client counts in each bucket what lies in those below it too; OpenTelemetry does not. */
function histogramsOf(values: Metric['values'], times: Times) {
  const series = new Map<
    string,
    { attributes: Record<string, string>; below: number[]; bounds: number[]; sum: number; count: number }
  >();
  for (const { labels, value, metricName } of values) {
    const { le, ...attributes } = labels as Record<string, string | number>;
    const key = JSON.stringify(attributes);
    const one = series.get(key) ?? {
      ...{ attributes: attributes as Record<string, string>, below: [], bounds: [], sum: 0, count: 0 },
    };
    series.set(key, one);
    if (metricName?.endsWith('_sum')) one.sum = value;
    else if (metricName?.endsWith('_count')) one.count = value;
    else if (le !== '+Inf') {
      one.bounds.push(Number(le));
      one.below.push(value);
    }
  }
  return [...series.values()].map(({ attributes, below, bounds, sum, count }) => ({
    ...times,
    attributes,
    value: {
      buckets: {
        boundaries: bounds,
        counts: [...below, count].map((upTo, index) => upTo - (below[index - 1] ?? 0)),
      },
      ...{ sum, count },
    },
  }));
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];
