/** A set of clients that are asked to leave in waves, so that they do not all come back at the same moment. */
import type { Clock } from '../lib/clock.ts';

/** Something that lasts until it is ended: a WebSocket, an event stream, a subscription by callback. */
export interface Drainable {
  /** When its client last began an operation, by `Clock.elapsed`. */
  readonly activeAt: number;
  /** Asks the client to connect again; another process then goes on. */
  restart(): void;
  /** Ends it at once, when the client does not answer. */
  terminate(): void;
}

/** Time between two waves, milliseconds. */
const waveMs = 100;
/** The smallest wave: so few clients may well come back together. */
const minWaveSize = 5;
/** Time that clients have to answer, milliseconds. */
const answerTimeoutMs = 2_000;

export class DrainableSet<T extends Drainable> extends Set<T> {
  #emptied: PromiseWithResolvers<void> | undefined;

  override delete(one: T): boolean {
    const had = super.delete(one);
    if (this.size === 0) this.#emptied?.resolve();
    return had;
  }

  /**
   * Asks all clients to leave, spread over `windowMs` milliseconds; those that were idle for longest come first. Resolves
   * when all have left the set, or had the time to. Those that do not answer in time are ended; who came meanwhile is not.
   */
  async drain(windowMs: number, clock: Clock): Promise<void> {
    const open = [...this].sort((a, b) => a.activeAt - b.activeAt);
    const waves = Math.max(1, Math.floor(windowMs / waveMs));
    const waveSize = Math.max(minWaveSize, Math.ceil(open.length / waves));
    for (let start = 0; start < open.length; start += waveSize) {
      if (start > 0) await clock.sleep(waveMs);
      for (const one of open.slice(start, start + waveSize)) one.restart();
    }
    if (this.size > 0) {
      this.#emptied = Promise.withResolvers<void>();
      const cancel = clock.after(answerTimeoutMs, this.#emptied.resolve);
      await this.#emptied.promise;
      cancel();
    }
    for (const one of open) if (this.has(one)) one.terminate();
  }
}
