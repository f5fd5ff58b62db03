/** A histogram of what happens for each event or request: to observe is two additions, and prom-client is shown the sums when it asks. */
import { Histogram, type Registry } from 'prom-client';

export interface FrequentHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
  /** Upper bounds, in order. */
  readonly buckets: readonly number[];
  readonly labelNames?: readonly string[];
}

/** One observation, and the trace that shows how it came about. */
export interface Example {
  readonly traceId: string;
  /** When it was observed, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** What was observed under the same labels. */
class Series {
  readonly labels: Readonly<Record<string, string>>;
  /** What was observed up to each bound and above the one before it; at the end what lies above all of them. */
  readonly counts: number[];
  /** The newest example of each, which is shown in the format of OpenMetrics alone. */
  readonly examples: (object | undefined)[] = [];
  readonly #bounds: readonly number[];
  sum = 0;

  constructor(bounds: readonly number[], labels: Readonly<Record<string, string>>) {
    this.#bounds = bounds;
    this.labels = labels;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number, example?: Example): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket += 1;
    this.counts[bucket]! += 1;
    this.sum += value;
    if (!example) return;
    const { traceId, at } = example;
    this.examples[bucket] = { labelSet: { trace_id: traceId }, value, timestamp: at / 1000 };
  }
}

export class FrequentHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #labelNames: readonly string[];
  /** By the values of their labels. */
  readonly #series = new Map<string, Series>();

  constructor({ name, help, registers, buckets, labelNames = [] }: FrequentHistogramOptions) {
    super({ name, help, registers, buckets: [...buckets], labelNames });
    this.#name = name;
    this.#help = help;
    this.#bounds = buckets;
    this.#labelNames = labelNames;
    // Without labels there is one from the start.
    if (labelNames.length === 0) this.of();
  }

  /** Of a histogram without labels. */
  add(value: number, example?: Example): void {
    this.of().add(value, example);
  }

  /** What is observed under these labels: their values, of which there are few, in the order of the names. */
  of(...labelValues: readonly string[]): Pick<Series, 'add'> {
    const key = labelValues.join('\n');
    const known = this.#series.get(key);
    if (known) return known;
    const labels = Object.fromEntries(this.#labelNames.map((name, at) => [name, labelValues[at] ?? '']));
    const made = new Series(this.#bounds, labels);
    this.#series.set(key, made);
    return made;
  }

  /** By this name prom-client asks a histogram for what it writes, and for what it returns. */
  async getForPromString() {
    const values = [...this.#series.values()].flatMap((series) => this.#valuesOf(series));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #valuesOf({ labels, counts, examples, sum }: Series) {
    let count = 0;
    const valueOf = (suffix: string, value: number, bound = {}, exemplar?: object) => {
      return {
        metricName: `${this.#name}_${suffix}`,
        value,
        labels: { ...bound, ...labels },
        sharedLabels: {},
        ...(exemplar && { exemplar }),
      };
    };
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      count += counts[bucket]!;
      return valueOf('bucket', count, { le }, examples[bucket]);
    });
    return [...buckets, valueOf('sum', sum), valueOf('count', count)];
  }
}
