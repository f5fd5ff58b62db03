/** Follows the history of the selected dispatch, by a subscription on that dispatch. */
import type { Client } from 'graphql-ws';
import { timelineSubscription, type Step, type TimelineUpdate } from './operations.ts';
import { follow } from './stream.ts';

/** Viewers who go through the list with the arrow keys do not stop at each dispatch: only after this time it is subscribed. */
const restMs = 120;

export class Timeline {
  readonly #client: Client;
  readonly #onChange: () => void;
  #id: string | null = null;
  #steps: readonly Step[] = [];
  #stop = () => {};

  constructor(client: Client, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  /** Oldest first; empty until they are known. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  show(id: string | null): void {
    if (id === this.#id) return;
    this.#stop();
    this.#id = id;
    this.#steps = [];
    if (id === null) return;
    const timer = setTimeout(() => {
      this.#stop = this.#follow(id);
    }, restMs);
    this.#stop = () => clearTimeout(timer);
  }

  #follow(id: string): () => void {
    return follow<TimelineUpdate>(
      this.#client,
      timelineSubscription,
      { id },
      {
        onEvent: ({ dispatch }) => {
          this.#steps = dispatch.historial.toReversed();
          this.#onChange();
        },
        // The last known steps stay visible.
        onEnd: () => {},
      },
    );
  }
}
