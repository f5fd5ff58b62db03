/** The service's time, by which ages are shown: the clock of the viewer's machine may be wrong. */
import { words } from '../words/words.ts';

/** A difference that a viewer is told of, milliseconds: smaller ones are of the network, or do no harm. */
const noticedMs = 5_000;

export class ServiceClock {
  readonly #serviceTime: () => number | null;

  /** `serviceTime`: milliseconds since the Unix epoch; null until the service has told its time. */
  constructor(serviceTime: () => number | null) {
    this.#serviceTime = serviceTime;
  }

  /** Milliseconds since the Unix epoch. Goes on evenly also where the clock of the machine is set. */
  now(): number {
    return this.#serviceTime() ?? Date.now();
  }

  /** What the viewer should know; null where both clocks agree. */
  get hint(): string | null {
    const aheadMs = Date.now() - this.now();
    if (Math.abs(aheadMs) < noticedMs) return null;
    return words.clock(spoken(Math.abs(aheadMs)), aheadMs > 0);
  }
}

function spoken(ms: number): string {
  const { seconds, minutes, hours } = words.units;
  const [unitMs, unit] =
    ms < 2 * 60_000 ? [1_000, seconds] : ms < 2 * 3_600_000 ? [60_000, minutes] : [3_600_000, hours];
  return `${Math.round(ms / unitMs)} ${unit}`;
}
