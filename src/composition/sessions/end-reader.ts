/** Reads in the record whose sessions were ended: what has changed of late, and from time to time everything. */
import type { SessionEnds } from '../../auth/sessions/session-ends.ts';
import { shifted, type Clock } from '../../lib/clock.ts';
import type { SessionEndRecord } from '../../modules/index.ts';

/** What was committed so long after it was dated, or dated by another clock, is found all the same, milliseconds. */
const overlapMs = 5 * 60_000;
/** How often everything is read, to forget what is no longer there, milliseconds. */
const readAllEveryMs = 60_000;

export class EndReader {
  readonly #record: SessionEndRecord;
  readonly #ends: SessionEnds;
  readonly #clock: Clock;
  /** What changed before that is known. */
  #knownUntil: number = 0;
  /** By `Clock.elapsed`. */
  #allReadAt = 0;

  constructor(record: SessionEndRecord, ends: SessionEnds, clock: Clock) {
    this.#record = record;
    this.#ends = ends;
    this.#clock = clock;
  }

  async look(): Promise<void> {
    if (this.#clock.elapsed() - this.#allReadAt >= readAllEveryMs) return this.readAll();
    const knownUntil = this.#knownBefore();
    this.#ends.note(await this.#record.changedSince(this.#knownUntil));
    this.#knownUntil = knownUntil;
  }

  async readAll(): Promise<void> {
    const knownUntil = this.#knownBefore();
    const all = await this.#record.changedSince(null);
    this.#ends.note(all);
    // What was heard of a moment ago may have been committed since.
    this.#ends.forgetOthers(all, knownUntil);
    this.#knownUntil = knownUntil;
    this.#allReadAt = this.#clock.elapsed();
  }

  #knownBefore(): number {
    return shifted(this.#clock.now(), -overlapMs);
  }
}
