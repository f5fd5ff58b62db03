/** A histogram of what happens for each event: to observe is two additions, and prom-client is shown the sums when it asks. */
import { Histogram, type Registry } from 'prom-client';

export interface FrequentHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
  /** Upper bounds, in order. */
  readonly buckets: readonly number[];
}

/** One observation, and the trace that shows how it came about. */
export interface Example {
  readonly traceId: string;
  /** When it was observed, milliseconds since the Unix epoch. */
  readonly at: number;
}

export class FrequentHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  /** What was observed up to each bound and above the one before it; at the end what lies above all of them. */
  readonly #counts: number[];
  /** The newest example of each, which is shown in the format of OpenMetrics alone. */
  readonly #examples: (object | undefined)[] = [];
  #sum = 0;

  constructor({ name, help, registers, buckets }: FrequentHistogramOptions) {
    super({ name, help, registers, buckets: [...buckets] });
    this.#name = name;
    this.#help = help;
    this.#bounds = buckets;
    this.#counts = new Array<number>(buckets.length + 1).fill(0);
  }

  add(value: number, example?: Example): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#sum += value;
    if (!example) return;
    const { traceId, at } = example;
    this.#examples[bucket] = { labelSet: { trace_id: traceId }, value, timestamp: at / 1000 };
  }

  /** By this name prom-client asks a histogram for what it writes, and for what it returns. */
  async getForPromString() {
    const values = this.#values();
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #values() {
    let count = 0;
    const valueOf = (suffix: string, value: number, labels = {}, exemplar?: object) => {
      return {
        metricName: `${this.#name}_${suffix}`,
        value,
        labels,
        sharedLabels: {},
        ...(exemplar && { exemplar }),
      };
    };
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      count += this.#counts[bucket]!;
      return valueOf('bucket', count, { le }, this.#examples[bucket]);
    });
    return [...buckets, valueOf('sum', this.#sum), valueOf('count', count)];
  }
}
