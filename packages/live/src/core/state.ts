/** The state of the connection, as an app shows it. */

export type LiveKind = 'idle' | 'connecting' | 'live' | 'late' | 'reconnecting' | 'stopped';

/**
 * - `idle`: nothing is watched.
 * - `connecting`: for the first time.
 * - `live`: what is shown is what there is.
 * - `late`: the connection is there, but nothing has come over it for longer than it should take; or over it the service says that its
 *   streams stand still, since what they need is away.
 * - `reconnecting`: it was lost, and is being made again.
 * - `stopped`: it helps nothing to try again; `reason` says why. `LiveClient.restart` tries all the same.
 */
export interface LiveState {
  readonly kind: LiveKind;
  /** Attempts that have failed since it was live. */
  readonly attempts: number;
  /** Why it has stopped; null otherwise. */
  readonly reason: string | null;
  /** The code with which the service has closed the connection, where that is why: with 4401 and 4403 another token helps. */
  readonly closeCode: number | null;
}

export type StateListener = (state: LiveState) => void;

const nothing = { attempts: 0, reason: null, closeCode: null };

export class LiveStates {
  #state: LiveState = { kind: 'idle', ...nothing };
  readonly #listeners = new Set<StateListener>();
  /** When the service gave its last sign of life, on the clock of `performance.now()`. */
  #freshAt: number | null = null;

  get now(): LiveState {
    return this.#state;
  }

  /** How old what is shown may be, milliseconds; null before the first sign of life. */
  get ageMs(): number | null {
    return this.#freshAt === null ? null : performance.now() - this.#freshAt;
  }

  get wasLive(): boolean {
    return this.#freshAt !== null;
  }

  listen(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The service is there, and everything that it has sent before has come. */
  sign(): void {
    this.#freshAt = performance.now();
    if (this.#state.kind === 'late') this.become('live');
  }

  failed(): void {
    const kind = this.wasLive ? 'reconnecting' : 'connecting';
    this.become(kind, { attempts: this.#state.attempts + 1 });
  }

  become(kind: LiveKind, more?: Partial<LiveState>): void {
    const state = { ...nothing, ...more, kind };
    if (this.#state.kind === kind && this.#state.attempts === state.attempts) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(this.#state);
  }
}
