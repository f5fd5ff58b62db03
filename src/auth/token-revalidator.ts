/** Verifies tokens again while connections depend on them, and tells when one was revoked. */
import type { Clock } from '../lib/clock.ts';
import { isRefusal, type Viewer } from './viewer.ts';

/** Whoever depends on a token. */
export interface TokenWatcher {
  /** It is no longer accepted, or allows something else than before. Called once. */
  revoke(because: 'revoked'): void;
}

interface Watched {
  readonly watchers: Set<TokenWatcher>;
  cancel: () => void;
}

/** How long after a verification that could not be carried out the next one is tried, milliseconds. */
const retryMs = 5_000;

/** One timer per viewer, however many connections they have. */
export class TokenRevalidator {
  readonly #clock: Clock;
  readonly #verifyAgain: (viewer: Viewer) => Promise<Viewer>;
  readonly #watched = new Map<Viewer, Watched>();

  /** `verifyAgain` verifies the token that named the viewer. */
  constructor(clock: Clock, verifyAgain: (viewer: Viewer) => Promise<Viewer>) {
    this.#clock = clock;
    this.#verifyAgain = verifyAgain;
  }

  /** From now on the watcher is told of the end of the viewer's token. Does nothing for tokens that cannot be revoked. */
  watch(viewer: Viewer, watcher: TokenWatcher): void {
    if (viewer.recheckAt === undefined) return;
    const watched = this.#watched.get(viewer) ?? this.#begin(viewer, viewer.recheckAt);
    watched.watchers.add(watcher);
  }

  /** Ends what `watch` has begun. */
  unwatch(viewer: Viewer, watcher: TokenWatcher): void {
    const watched = this.#watched.get(viewer);
    if (!watched?.watchers.delete(watcher) || watched.watchers.size > 0) return;
    watched.cancel();
    this.#watched.delete(viewer);
  }

  #begin(viewer: Viewer, recheckAt: number): Watched {
    const watched: Watched = { watchers: new Set(), cancel: () => {} };
    this.#watched.set(viewer, watched);
    this.#plan(viewer, watched, recheckAt - this.#clock.elapsed());
    return watched;
  }

  #plan(viewer: Viewer, watched: Watched, delayMs: number): void {
    watched.cancel = this.#clock.after(Math.max(0, delayMs), () => void this.#recheck(viewer, watched));
  }

  async #recheck(viewer: Viewer, watched: Watched): Promise<void> {
    let delayMs = retryMs;
    try {
      const now = await this.#verifyAgain(viewer);
      if (!allowsTheSame(now, viewer)) return this.#end(viewer, watched);
      delayMs = (now.recheckAt ?? Infinity) - this.#clock.elapsed();
    } catch (error) {
      if (isRefusal(error)) return this.#end(viewer, watched);
    }
    if (watched.watchers.size > 0) this.#plan(viewer, watched, delayMs);
  }

  #end(viewer: Viewer, watched: Watched): void {
    this.#watched.delete(viewer);
    for (const watcher of [...watched.watchers]) watcher.revoke('revoked');
  }
}

const allowsTheSame = (a: Viewer, b: Viewer): boolean =>
  a.id === b.id && a.role === b.role && a.permissions.symmetricDifference(b.permissions).size === 0;
