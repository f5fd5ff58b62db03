/** Follows the history of the selected dispatch, by a subscription on that dispatch. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { timelineSubscription, type Step } from '../live/operations.ts';
import { whyNot } from '../live/why.ts';
import type { Dispatch } from './dispatch.ts';

/** Viewers who go through the list with the arrow keys do not stop at each dispatch: only after this time it is subscribed. */
const restMs = 120;

export interface TimelineOptions {
  readonly live: LiveClient;
  /** Called with the dispatch itself, which may be one that is not on the board: it has ended, or a link led to it. */
  readonly onDispatch: (dispatch: Dispatch) => void;
  readonly onChange: () => void;
}

export class Timeline {
  readonly #options: TimelineOptions;
  #id: string | null = null;
  #steps: readonly Step[] = [];
  #problem: string | null = null;
  #isMissing = false;
  #stop = () => {};

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** Oldest first; empty until they are known. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** Whether the service knows no such dispatch. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Why it cannot be followed; the last known steps stay. */
  get problem(): string | null {
    return this.#problem;
  }

  show(id: string | null): void {
    if (id === this.#id) return;
    this.#stop();
    this.#id = id;
    this.#steps = [];
    this.#problem = null;
    this.#isMissing = false;
    if (id === null) return;
    const timer = setTimeout(() => {
      this.#stop = this.#follow(id);
    }, restMs);
    this.#stop = () => clearTimeout(timer);
  }

  #follow(id: string): () => void {
    const { live, onDispatch, onChange } = this.#options;
    return live.subscribe(
      timelineSubscription,
      { id },
      {
        next: ({ data }) => {
          const { historial, ...dispatch } = data.dispatchUpdated.dispatch;
          this.#steps = historial.toReversed();
          onDispatch(dispatch);
          onChange();
        },
        error: (why) => {
          this.#isMissing = why.code === 'NOT_FOUND' || why.code === 'BAD_USER_INPUT';
          this.#problem = whyNot(why);
          onChange();
        },
      },
    );
  }
}
