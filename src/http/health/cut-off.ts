/** Whether this process is cut off from what all share while others reach it: then others serve its clients better. */
import { Burst } from '../../lib/burst.ts';
import type { Clock, WallTime } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import { logFailure } from '../../observability/log-failure.ts';
import type { Logger } from '../../observability/log.ts';

/** Where processes that reach it say so, and one that does not can read it. */
export interface ReachNotes {
  /** This process reaches it. */
  note(): Promise<void>;
  /** How long ago the newest note of all processes was made, milliseconds; `Infinity` where none was. */
  ageMs(): Promise<number>;
}

/**
 * - `reached`: or away for so short a time that nobody need do anything.
 * - `away`: for everybody, as far as anybody knows. Elsewhere clients would see no more than here, so they stay.
 * - `alone`: others reach it.
 * - `unknown`: for so long that clients who stay may miss something later without a word, and nobody can be asked whether others reach it.
 */
export type CutOffState = 'reached' | 'away' | 'alone' | 'unknown';

export interface CutOffOptions {
  /** Uses it as events do, to and fro. Rejects, or never settles, where that does not work. */
  readonly reach: () => Promise<unknown>;
  /** Null where processes have nothing else in common. */
  readonly notes: ReachNotes | null;
  /** For so long it may be away before anything is done, milliseconds. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const messages = {
  alone: 'this process alone cannot reach Redis: its clients are sent to the others',
  unknown:
    'Redis cannot be reached, and nobody can say whether others reach it: clients are asked to come back',
  away: 'Redis cannot be reached from anywhere: streams stand still',
} as const;

export class CutOff {
  readonly #options: CutOffOptions;
  readonly #attemptMs: number;
  readonly #everyMs: number;
  #state: CutOffState = 'reached';
  #standsSince: string | null = null;
  /** When the last attempt began that succeeded, by `Clock.elapsed`, and by the clock on the wall. */
  #reachedAt: number;
  #reachedOn: WallTime;
  /** When it was first known that others reach it meanwhile. */
  #othersSince: number | null = null;
  /** As long as the database is away each look fails to. */
  readonly #unnoted: Burst;

  constructor(options: CutOffOptions) {
    this.#options = options;
    // A process that is only slow is not to burden the others with its clients.
    this.#attemptMs = options.patienceMs / 2;
    this.#everyMs = options.patienceMs / 4;
    this.#reachedAt = options.clock.elapsed();
    this.#reachedOn = options.clock.now();
    this.#unnoted = new Burst(options.clock);
  }

  /** For so long it may be away before anything is done, milliseconds. */
  get patienceMs(): number {
    return this.#options.patienceMs;
  }

  /** In a few words, where another process serves better; else null. */
  get trouble(): string | null {
    return this.#state === 'alone' ? 'this process alone cannot reach Redis' : null;
  }

  /** Since when events may not have come, ISO 8601; null while they come. */
  get standsSince(): string | null {
    return this.#standsSince;
  }

  /** Looks again and again, until `signal` is aborted. `onChange` is told of each change, and must not throw. Never rejects. */
  async watch(signal: AbortSignal, onChange: (state: CutOffState) => void): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const state = await this.#look();
      if (!signal.aborted && state !== this.#state) {
        this.#enter(state);
        onChange(state);
      }
      await clock.sleep(this.#everyMs, signal);
    }
  }

  async #look(): Promise<CutOffState> {
    const { reach, notes, clock, log } = this.#options;
    const [startedAt, startedOn] = [clock.elapsed(), clock.now()];
    try {
      await within(clock, this.#attemptMs, 'Reaching Redis', reach());
    } catch {
      // Whoever needs it says why.
      return this.#judge();
    }
    [this.#reachedAt, this.#reachedOn] = [startedAt, startedOn];
    this.#othersSince = null;
    await notes?.note().catch((error: unknown) => {
      const first = this.#unnoted.note();
      if (first) logFailure(log, { err: error, ...first }, 'it could not be noted that Redis is reached');
    });
    return 'reached';
  }

  async #judge(): Promise<CutOffState> {
    const { clock, patienceMs } = this.#options;
    if (this.#silentMs < patienceMs) return this.#state;
    const others = await this.#doOthersReach();
    const now = clock.elapsed();
    if (others === null) return this.#silentMs < 2 * patienceMs ? this.#state : 'unknown';
    this.#othersSince = others ? (this.#othersSince ?? now) : null;
    if (this.#othersSince === null) return 'away';
    // When it is back for all of them, some notice it first.
    return now - this.#othersSince < patienceMs / 2 ? this.#state : 'alone';
  }

  get #silentMs(): number {
    return this.#options.clock.elapsed() - this.#reachedAt;
  }

  /** Null where nobody knows. */
  async #doOthersReach(): Promise<boolean | null> {
    const { notes, clock, patienceMs } = this.#options;
    if (notes === null) return null;
    try {
      const ageMs = await within(clock, this.#attemptMs, 'Reading notes', notes.ageMs());
      // When it went away for all of them, some noticed it last.
      return ageMs < Math.min(patienceMs, this.#silentMs - patienceMs / 2);
    } catch {
      // Whoever needs the database says why.
      return null;
    }
  }

  #enter(state: CutOffState): void {
    const { log } = this.#options;
    this.#state = state;
    this.#standsSince = state === 'reached' ? null : new Date(this.#reachedOn).toISOString();
    if (state === 'reached') log.info('Redis is reached again');
    else log[state === 'away' ? 'warn' : 'error'](messages[state]);
  }
}
