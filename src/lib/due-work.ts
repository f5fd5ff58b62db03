/** Does what becomes due, when it does: wakes for the next date that it knows, and looks now and then for those of others. */
import { Burst } from './burst.ts';
import { msSince, type Clock } from './clock.ts';
import { Unavailable } from './unavailable.ts';

export interface DueWorkOptions {
  /** By which what is due is dated. */
  readonly clock: Clock;
  /**
   * Does some of what is due, that which has been so for longest: all of it, or nothing where it throws. Says by `take` which it is at, as soon as
   * it knows. Resolves with how many there were.
   */
  readonly doSome: (which: WhichDue, take: (ids: readonly number[]) => void) => Promise<number>;
  /** When the next is due, or has been, milliseconds since the Unix epoch; null where nothing is. `without`: as in `WhichDue`. */
  readonly nextDue: (without: readonly number[]) => Promise<number | null>;
  /** Calls back with each date that is written here, before it is committed. Returns a function that ends this. */
  readonly onDue: (listener: (dueAt: number) => void) => () => void;
  /** How soon it looks for the dates of a process that has died, or of a commit that it was not told of, milliseconds. */
  readonly lookEveryMs: number;
  /** It goes on at the next look. `burst`: what `Burst.note` says of it. */
  readonly onError: (error: unknown, burst: NonNullable<ReturnType<Burst['note']>>) => void;
}

/** What of all that is due is to be done. */
export interface WhichDue {
  /** Nothing but the one that has this id; null: any. */
  readonly only: number | null;
  /** Ids of those that cannot be done here, until it looks again: what a newer version has written is left to its processes. */
  readonly without: readonly number[];
}

/** A pause where what is due is another process's, milliseconds. */
const minWaitMs = 50;
/** Of what is due, so much may be passed over. */
const maxPassedOver = 200;

export class DueWork {
  readonly #options: DueWorkOptions;
  readonly #failures: Burst;
  #cancel = () => {};
  #stopExpecting = () => {};
  #passedOver: number[] = [];
  /** When it wakes, by `Clock.elapsed`. */
  #wakesAt = Infinity;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isClosed = false;

  constructor(options: DueWorkOptions) {
    this.#options = options;
    this.#failures = new Burst(options.clock);
  }

  /** Does what has become due while nobody was there, and from now on what becomes due. */
  start(): void {
    const { onDue, clock } = this.#options;
    this.#stopExpecting = onDue((dueAt) => this.#wakeIn(Math.max(0, -msSince(dueAt, clock.now()))));
    this.#wake();
  }

  /**
   * Does some of what is due. Where that fails, each of them is done alone, so that what cannot be done keeps no other from it. Resolves with how
   * many it has been at.
   *
   * @throws Unavailable where nothing can be done at the moment
   */
  async doNext(): Promise<number> {
    let taken: readonly number[] = [];
    const doSome = (only: number | null) =>
      this.#options.doSome({ only, without: this.#passedOver }, (ids) => (taken = ids));
    try {
      return await doSome(null);
    } catch (error) {
      if (error instanceof Unavailable || taken.length === 0) throw error;
      if (taken.length === 1) this.passOver(taken, error);
      else for (const id of taken) await this.#doAlone(id, doSome);
      return taken.length;
    }
  }

  async #doAlone(id: number, doSome: (only: number) => Promise<number>): Promise<void> {
    try {
      await doSome(id);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      this.passOver([id], error);
    }
  }

  /** @throws `why` where there are too many: behind them nothing else would be found */
  passOver(ids: readonly number[], why: unknown): void {
    if (ids.length === 0) return;
    if (this.#passedOver.length + ids.length > maxPassedOver) throw why;
    this.#passedOver.push(...ids);
    this.#report(why);
  }

  /** Finishes what is under way. */
  async close(): Promise<void> {
    this.#stopExpecting();
    this.#isClosed = true;
    this.#cancel();
    await this.#running;
  }

  /** Looks now. */
  #wake(): void {
    this.#isWanted = true;
    if (!this.#isClosed) this.#running ??= this.#run();
  }

  #report(error: unknown): void {
    const burst = this.#failures.note();
    if (burst) this.#options.onError(error, burst);
  }

  async #run(): Promise<void> {
    const { clock, nextDue, lookEveryMs } = this.#options;
    let waitMs = lookEveryMs;
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      try {
        while (!this.#isClosed && (await this.doNext()) > 0);
        const due = await nextDue(this.#passedOver);
        // What is due and could not be taken, another process is at.
        waitMs = due === null ? lookEveryMs : Math.max(-msSince(due, clock.now()), minWaitMs);
      } catch (error) {
        this.#report(error);
      }
    }
    this.#passedOver = [];
    this.#running = undefined;
    this.#wakeIn(Math.min(waitMs, lookEveryMs));
  }

  #wakeIn(ms: number): void {
    const { clock } = this.#options;
    const at = clock.elapsed() + ms;
    if (this.#isClosed || at >= this.#wakesAt) return;
    this.#cancel();
    this.#wakesAt = at;
    this.#cancel = clock.after(ms, () => {
      this.#wakesAt = Infinity;
      this.#wake();
    });
  }
}
