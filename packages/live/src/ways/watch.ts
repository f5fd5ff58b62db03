/** Watches over a connection: a path that is silent looks like one on which nothing happens, until somebody asks. */
import { onWake } from '../core/page.ts';
import type { Timing } from './way.ts';

interface Watched {
  /** Asks the other end for a sign of life. */
  ask(): void;
  onLate(): void;
  onSilent(): void;
}

/** Signs are many, and timers are not free: it is looked at now and then. */
const looksPerWait = 4;

export class Watch {
  readonly #timing: Timing;
  readonly #watched: Watched;
  #timer: ReturnType<typeof setInterval> | undefined;
  #unlisten: (() => void) | undefined;
  #signAt = 0;
  #askedAt: number | null = null;
  #lookedAt = 0;

  constructor(timing: Timing, watched: Watched) {
    this.#timing = timing;
    this.#watched = watched;
  }

  get #intervalMs(): number {
    const { quietMs, lateMs, silentMs } = this.#timing;
    return Math.min(quietMs, lateMs, silentMs) / looksPerWait;
  }

  start(): void {
    this.stop();
    this.sign();
    this.#lookedAt = this.#signAt;
    this.#timer = setInterval(() => this.#look(), this.#intervalMs);
    this.#unlisten = onWake(() => this.#ask());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unlisten?.();
    this.#askedAt = null;
  }

  sign(): void {
    this.#signAt = performance.now();
    this.#askedAt = null;
  }

  #ask(): void {
    this.#askedAt = performance.now();
    this.#watched.ask();
  }

  #look(): void {
    const { quietMs, lateMs, silentMs } = this.#timing;
    const now = performance.now();
    // The page slept, or was busy: what has come meanwhile was not read yet, and is before what is asked for now.
    const slept = now - this.#lookedAt > Math.max(1_000, 3 * this.#intervalMs);
    this.#lookedAt = now;
    if (slept) return this.#ask();
    if (this.#askedAt === null) {
      if (now - this.#signAt >= quietMs) this.#ask();
      return;
    }
    if (now - this.#askedAt >= silentMs) {
      this.stop();
      this.#watched.onSilent();
    } else if (now - this.#askedAt >= lateMs) this.#watched.onLate();
  }
}
