/**
 * The subscriptions by callback that this process holds and that are kept. Their texts are held as long as they are, here and in the store,
 * also where many have one operation in common, which the hub counts once: so there is a bound on these, of each viewer and of all.
 */
import type { Metrics } from '../../../observability/metrics.ts';
import { mebibyte } from '../../../lib/memory/bytes.ts';
import type { HeldCallback } from './held-callback.ts';

/** As many as a viewer may have (500) may have 16 KB each. What clients send is one or two. */
const maxBytesPerViewer = 8 * mebibyte;
const maxBytes = 64 * mebibyte;

export class HeldCallbacks extends Set<HeldCallback> {
  readonly #gauge: Metrics['callbacksKept'];
  /** Bytes by viewer, of those alone who have something. */
  readonly #ofViewers = new Map<string, number>();
  #bytes = 0;

  constructor({ callbacksKept }: Pick<Metrics, 'callbacksKept'>) {
    super();
    this.#gauge = callbacksKept;
  }

  /** Whether one may be kept that begins. What was taken from another process is kept already, and is added all the same. */
  hasRoomFor({ viewerId, bytes }: HeldCallback): boolean {
    const ofViewer = this.#ofViewers.get(viewerId) ?? 0;
    return ofViewer + bytes <= maxBytesPerViewer && this.#bytes + bytes <= maxBytes;
  }

  override add(held: HeldCallback): this {
    if (!this.has(held)) this.#count(held, 1);
    return super.add(held);
  }

  override delete(held: HeldCallback): boolean {
    if (this.has(held)) this.#count(held, -1);
    return super.delete(held);
  }

  #count({ viewerId, bytes }: HeldCallback, sign: 1 | -1): void {
    const ofViewer = (this.#ofViewers.get(viewerId) ?? 0) + sign * bytes;
    if (ofViewer > 0) this.#ofViewers.set(viewerId, ofViewer);
    else this.#ofViewers.delete(viewerId);
    this.#bytes += sign * bytes;
    this.#gauge.inc(sign);
  }
}
