/** Knows who is online, from a list and from the stream of changes. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import {
  onlineQuery,
  presenceSubscription,
  type OnlineUser,
  type Presence,
} from '../live/people-operations.ts';
import { whyNot } from '../live/why.ts';

const listLimit = 100;
/** The list is read again now and then, since only it has the current number of a user's connections. */
const listAgainMs = 30_000;

export class People {
  readonly #live: LiveClient;
  readonly #onChange: () => void;
  #byId = new Map<string, OnlineUser>();
  #problem: string | null = null;

  constructor(live: LiveClient, onChange: () => void) {
    this.#live = live;
    this.#onChange = onChange;
  }

  /** Those who have been online longest come first. */
  get online(): readonly OnlineUser[] {
    return [...this.#byId.values()];
  }

  /** Why the list cannot be shown; null while it can. */
  get problem(): string | null {
    return this.#problem;
  }

  start(): void {
    this.#live.subscribe(
      presenceSubscription,
      {},
      {
        next: ({ data }) => this.#apply(data.presenceChanged),
        error: (why) => this.#fail(why),
      },
    );
    setInterval(() => void this.list(), listAgainMs);
  }

  /** Reads the list, and replaces everything known before. */
  async list(): Promise<void> {
    try {
      const { onlineUsers } = await this.#live.request(onlineQuery, { limit: listLimit });
      this.#byId = new Map(onlineUsers.map((user) => [user.id, user]));
      this.#problem = null;
      this.#onChange();
    } catch (error) {
      this.#fail(error);
    }
  }

  #apply({ isOnline, status, user }: Presence): void {
    if (!isOnline || status === 'OFFLINE') this.#byId.delete(user.id);
    else this.#byId.set(user.id, { ...user, status });
    this.#onChange();
  }

  #fail(why: unknown): void {
    this.#problem = whyNot(why);
    this.#onChange();
  }
}
