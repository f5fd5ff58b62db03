/** A counter of what happens for each event: to count is one addition, and prom-client hears of it when it is asked. */
import { Counter, type Registry } from 'prom-client';

export interface FrequentCounterOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
  /** The name of its only label, if it has one. */
  readonly labelName?: string;
  /** Values of that label that exist from the start with 0, since Prometheus does not see a series' first increment. */
  readonly labelValues?: readonly string[];
}

export class FrequentCounter {
  readonly #counter: Counter;
  /** What prom-client was not told of yet, by value of the label. */
  readonly #pending = new Map<string, number>();

  constructor({ name, help, registers, labelName, labelValues = [] }: FrequentCounterOptions) {
    const labelNames = labelName === undefined ? [] : [labelName];
    const collect = () => this.#report();
    this.#counter = new Counter({ name, help, labelNames, registers, collect });
    for (const labelValue of labelValues) this.add(0, labelValue);
  }

  /** `labelValue`: of a counter that has a label. */
  add(count = 1, labelValue = ''): void {
    this.#pending.set(labelValue, (this.#pending.get(labelValue) ?? 0) + count);
  }

  #report(): void {
    for (const [labelValue, count] of this.#pending) {
      if (labelValue === '') this.#counter.inc(count);
      else this.#counter.labels(labelValue).inc(count);
    }
    this.#pending.clear();
  }
}
