/** What a client knows who compares positions: of each event that was dropped on its way, and of no other. */
import type { Update } from './streams.ts';

/** The part of a position that says when its log began. */
const logOf = (position: string) => position.split('-')[0];

export class GapCheck {
  /** The largest position that was seen. */
  #last: string | null = null;
  /** Events of the stream at hand that were dropped behind the last one that came through. */
  #dropped = 0;
  /** Gaps that were told. */
  told = 0;

  /** As the simulation knows, and the client does not. */
  get isBehindForSure(): boolean {
    return this.#dropped > 0;
  }

  noteDropped(): void {
    this.#dropped += 1;
  }

  /** The stream goes on behind what was seen, or begins anew: what was dropped comes again, or is in its state. */
  begin(): void {
    this.#dropped = 0;
  }

  /** Whether the client has to come back for what was dropped before this; or what it is told that is not so. */
  judge({ kind, position = '', follows = null }: Update): 'behind' | 'goes on' | { readonly wrong: string } {
    const last = this.#last;
    const isTold = last !== null && follows !== null && follows > last;
    if (isTold && this.#dropped === 0 && logOf(follows) === logOf(last))
      return { wrong: `has seen ${last} and is told of a gap before ${position}, which follows ${follows}` };
    if (isTold) this.told += 1;
    if (isTold) return 'behind';
    if (this.#dropped > 0 && kind === 'EVENT') {
      // Where nobody knows what comes before, or nothing was seen yet, there is nothing to compare.
      if (follows !== null && last !== null)
        return { wrong: `has seen ${last}, and ${position} says that it follows ${follows}` };
      return 'behind';
    }
    this.#dropped = 0;
    if (last === null || position > last) this.#last = position;
    return 'goes on';
  }
}
