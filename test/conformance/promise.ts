/** Describes a promise of the service to the clients of a protocol, and how it is proved. */
import type { Overrides } from '../../src/app.ts';
import type { RunningApp } from '../support/app.ts';

/** Starts a service of the set-up under test; it is ended after the test. */
export type Start = (env?: Record<string, string>, overrides?: Overrides) => Promise<RunningApp>;

export interface Promised {
  /** The name of the promise in reports. It is never used for another promise. */
  readonly number: string;
  readonly level: 'MUST' | 'SHOULD';
  /** The rest of a sentence that begins with "the service". */
  readonly says: string;
  /** Rejects when the promise is not kept. */
  prove(start: Start): Promise<void>;
}
