/** Knows which dispatches the viewer follows, on all their connections, and lets them follow more or fewer. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { followedSubscription } from '../live/operations.ts';
import { followMutation, unfollowMutation } from '../live/work-operations.ts';

export class Followed {
  readonly #live: LiveClient;
  readonly #onChange: () => void;
  readonly #ids = new Set<string>();

  constructor(live: LiveClient, onChange: () => void) {
    this.#live = live;
    this.#onChange = onChange;
  }

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** The stream begins with those that are followed. One that another connection no longer follows stays here until the page is opened anew. */
  start(): void {
    this.#live.subscribe(
      followedSubscription,
      {},
      {
        next: ({ data: { followedDispatchUpdated } }) => {
          const { id } = followedDispatchUpdated.dispatch;
          if (this.#ids.has(id)) return;
          this.#ids.add(id);
          this.#onChange();
        },
        // Without it the board shows all the same: the others' dispatches are no less.
        error: () => this.#onChange(),
      },
    );
  }

  /** @throws LiveError, and then nothing has changed */
  async set(id: string, isFollowed: boolean): Promise<void> {
    this.#put(id, isFollowed);
    try {
      await this.#live.request(isFollowed ? followMutation : unfollowMutation, { id });
    } catch (error) {
      this.#put(id, !isFollowed);
      throw error;
    }
  }

  #put(id: string, isFollowed: boolean): void {
    if (isFollowed) this.#ids.add(id);
    else this.#ids.delete(id);
    this.#onChange();
  }
}
