/** Knows which dispatches the viewer follows, on all their connections, and lets them follow more or fewer. */
import type { Live } from '../live/live.ts';
import { followedSubscription, type FollowedUpdate } from '../live/operations.ts';
import { followMutation, unfollowMutation } from '../live/work-operations.ts';

export class Followed {
  readonly #live: Live;
  readonly #onChange: () => void;
  readonly #ids = new Set<string>();

  constructor(live: Live, onChange: () => void) {
    this.#live = live;
    this.#onChange = onChange;
  }

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** The stream begins with those that are followed. One that another connection no longer follows stays here until the page is opened anew. */
  start(): void {
    this.#live.follow<FollowedUpdate>(
      followedSubscription,
      {},
      {
        onEvent: ({ dispatch: { id } }) => {
          if (this.#ids.has(id)) return;
          this.#ids.add(id);
          this.#onChange();
        },
        // Without it the board shows all the same: the others' dispatches are no less.
        onEnd: () => this.#onChange(),
      },
    );
  }

  /** @throws Refused, and then nothing has changed */
  async set(id: string, isFollowed: boolean): Promise<void> {
    this.#put(id, isFollowed);
    try {
      await this.#live.ask(isFollowed ? followMutation : unfollowMutation, { id });
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
