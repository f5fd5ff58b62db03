/** An event that is kept for those who come back: as bytes where it came as text, and as an entry once somebody has come for it. */
import { readKept, type ByteSlabs, type KeptText } from '../../lib/memory/byte-slabs.ts';
import { readEnvelope } from '../../stores/event-log/envelope.ts';
import type { LoggedEvent } from '../../stores/event-log/event-log.ts';
import type { StreamEntry } from './event-window.ts';

/**
 * What is live of an event ends with its turn of the loop. Nobody comes back for most events, and what is kept of them would be copied
 * from one generation of the heap to the next.
 */
export class KeptEvent {
  readonly offset: number;
  readonly #kept: KeptText | LoggedEvent;
  /** What was made of it for the first who came, and serves all others. */
  #entry: StreamEntry | null;

  /** `entry`: where it is to be kept as well. `text`: from `Follower.onEvent`. */
  constructor(
    logged: LoggedEvent,
    text: string | undefined,
    slabs: ByteSlabs,
    entry: StreamEntry | null = null,
  ) {
    this.offset = logged.offset;
    this.#kept = text === undefined ? logged : slabs.keep(text);
    this.#entry = entry;
  }

  /** `read`: makes an entry of an event. */
  entry(read: (logged: LoggedEvent) => StreamEntry): StreamEntry {
    return (this.#entry ??= read(this.#logged));
  }

  get #logged(): LoggedEvent {
    const kept = this.#kept;
    return 'slab' in kept ? readEnvelope(readKept(kept))!.event : kept;
  }
}
