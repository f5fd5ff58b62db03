/** A mistake that the service could have, and where the simulation finds it. */
import type { Cast } from '../faults.ts';

export interface Mistake {
  /** What is wrong with a service that has it. */
  readonly says: string;
  /** Where it is made, from the root of the project: this text, which is there once, becomes the other one. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The first seed that finds it in worlds with this cast. */
  readonly cast: Cast;
  readonly seed: number;
  /** Whether ways may be slow in those worlds. */
  readonly isSlow?: boolean;
}
