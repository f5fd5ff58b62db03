/** Keeps when each fault of a run began and ended, so that what clients were shown can be explained by it. */

interface Span<K> {
  readonly kind: K;
  readonly from: number;
  to: number;
}

/** Times are those of `performance.now()`. */
export class FaultLog<K extends string> {
  readonly #spans: Span<K>[] = [];
  readonly #onBegin: (count: number) => void;

  /** `onBegin` is called with how many there have been by then. */
  constructor(onBegin: (count: number) => void = () => {}) {
    this.#onBegin = onBegin;
  }

  /** Notes that a fault begins. Returns what has to be called when it is over. */
  begin(kind: K): () => void {
    const span = { kind, from: performance.now(), to: Infinity };
    this.#spans.push(span);
    this.#onBegin(this.size);
    return () => void (span.to = performance.now());
  }

  get size(): number {
    return this.#spans.length;
  }

  /** How often each kind happened. */
  get counts(): ReadonlyMap<K, number> {
    return new Map(
      [...Map.groupBy(this.#spans, ({ kind }) => kind)].map(([kind, { length }]) => [kind, length]),
    );
  }

  /** Whether a fault of one of these kinds, or of any, was there at some time between the two. */
  overlaps(from: number, to: number, kinds?: readonly K[]): boolean {
    return this.count(from, to, kinds) > 0;
  }

  /** How many there were at some time between the two. */
  count(from: number, to: number, kinds?: readonly K[]): number {
    return this.#spans.filter(
      (span) => span.from <= to && span.to >= from && (kinds === undefined || kinds.includes(span.kind)),
    ).length;
  }

  /** When the last of those faults ended that were there at some time between the two; `to` where there was none. */
  endOf(from: number, to: number, kinds: readonly K[]): number {
    const ends = this.#spans
      .filter((span) => span.from <= to && span.to >= from && kinds.includes(span.kind))
      .map((span) => span.to);
    return Math.max(to, ...ends);
  }

  /** Those that were there at some time between the two, for people. */
  tell(from: number, to: number): string {
    const seconds = (ms: number) => (ms / 1_000).toFixed(1);
    const some = this.#spans.filter((span) => span.from <= to && span.to >= from);
    return (
      some.map((span) => `${span.kind} ${seconds(span.from)}–${seconds(span.to)} s`).join(', ') || 'nothing'
    );
  }
}
