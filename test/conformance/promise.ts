/** Owns the form of a promise that the service keeps towards clients of a protocol. */
import type { Overrides } from '../../src/app.ts';
import type { RunningApp } from '../support/app.ts';

/** Starts a service of the set-up under test; it is ended after the test. */
export type Start = (env?: Record<string, string>, overrides?: Overrides) => Promise<RunningApp>;

export interface Promised {
  /** Stands for the promise in reports; never given to another one. */
  readonly number: string;
  readonly level: 'MUST' | 'SHOULD';
  /** The rest of a sentence that begins with "the service". */
  readonly says: string;
  /** Rejects where the promise is not kept. */
  prove(start: Start): Promise<void>;
}
