/** What slots in memory were lost, and when: of one that is not there nobody can say otherwise whether it is new. */
import { shifted, type Clock } from '../../lib/clock.ts';
import { heldFor, type SlotBounds, type SlotKey } from './slots.ts';

/** `at`: when, milliseconds since the Unix epoch. `until`: then none of those would be there any more, by `Clock.elapsed`. */
interface Loss {
  readonly at: number;
  readonly until: number;
}

export class Losses {
  readonly #clock: Clock;
  readonly #bounds: SlotBounds;
  /** Since this process began, what one before it had in its memory; since it stood still, what ended then. Null where there was none. */
  #lost: Loss | null;
  /** When this process was last known to run. */
  #heard: { readonly at: number; readonly elapsed: number };
  /** By viewer, when the first of those was left that made room for others. */
  readonly #madeRoom = new Map<SlotKey['viewer'], Loss>();

  constructor(clock: Clock, bounds: SlotBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#heard = { at: clock.now(), elapsed: clock.elapsed() };
    this.#lost = this.#lossAt(this.#heard.at);
  }

  /** There was no process before this one. */
  declareNew(): void {
    this.#lost = null;
  }

  /** This process runs. Where it stood still for the window, slots have ended that nobody could renew or leave. */
  hear(): void {
    const { at, elapsed } = this.#heard;
    const now = this.#clock.elapsed();
    if (now - elapsed > this.#bounds.windowMs) {
      const before = this.#lost && this.#lost.until > now ? this.#lost.at : at;
      this.#lost = this.#lossAt(Math.min(at, before));
    }
    this.#heard = { at: this.#clock.now(), elapsed: now };
  }

  /** When a slot of this viewer may have been lost that is not there, milliseconds since the Unix epoch; null where none was. */
  of(viewer: SlotKey['viewer']): number | null {
    this.hear();
    const now = this.#clock.elapsed();
    const losses = [this.#lost, this.#madeRoom.get(viewer)].filter((loss) => loss && loss.until > now);
    return losses.length === 0 ? null : Math.min(...losses.map((loss) => loss!.at));
  }

  /** One that was left has made room for another. `endsAt`: when it would have ended, by `Clock.elapsed`. */
  noteMadeRoom(viewer: SlotKey['viewer'], endsAt: number): void {
    const at = shifted(this.#clock.now(), endsAt - this.#clock.elapsed() - this.#bounds.windowMs);
    const known = this.#madeRoom.get(viewer) ?? { at, until: endsAt };
    this.#madeRoom.set(viewer, { at: Math.min(at, known.at), until: Math.max(endsAt, known.until) });
  }

  /** Forgets what has no meaning any more. */
  sweep(): void {
    const now = this.#clock.elapsed();
    for (const [viewer, { until }] of this.#madeRoom) if (until <= now) this.#madeRoom.delete(viewer);
  }

  #lossAt(at: number): Loss {
    return { at, until: this.#clock.elapsed() + heldFor(this.#bounds) };
  }
}
