/** A mistake that the service could have, and where the simulation finds it. */
import type { Cast } from '../faults.ts';

export interface Mistake {
  /** What is wrong with a service that has it. */
  readonly says: string;
  /** Where it is made, from the root of the project: this text, which is there once, becomes the other one. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** In worlds with this cast it is found. */
  readonly cast: Cast;
  /** Whether ways may be slow in those worlds. */
  readonly isSlow?: boolean;
  /** Whether Redis may come back older in those worlds. */
  readonly isOlder?: boolean;
  /** Whether so few seeds find it that no test looks for it. */
  readonly isRare?: boolean;
}
