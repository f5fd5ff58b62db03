/** Knows who is online, from a list and from the stream of changes. */
import type { Live } from '../live/live.ts';
import {
  onlineQuery,
  presenceSubscription,
  type OnlineAnswer,
  type OnlineUser,
  type Presence,
} from '../live/people-operations.ts';

const listLimit = 100;
/** The list is read again now and then, since only it has the current number of a user's connections. */
const listAgainMs = 30_000;

export class People {
  readonly #live: Live;
  readonly #onChange: () => void;
  #byId = new Map<string, OnlineUser>();
  #problem: string | null = null;

  constructor(live: Live, onChange: () => void) {
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
    this.#live.follow<Presence>(
      presenceSubscription,
      {},
      {
        onEvent: (presence) => this.#apply(presence),
        onEnd: ({ message }) => this.#fail(message),
      },
    );
    setInterval(() => void this.list(), listAgainMs);
  }

  /** Reads the list, and replaces everything known before. */
  async list(): Promise<void> {
    try {
      const { onlineUsers } = await this.#live.ask<OnlineAnswer>(onlineQuery, { limit: listLimit });
      this.#byId = new Map(onlineUsers.map((user) => [user.id, user]));
      this.#problem = null;
      this.#onChange();
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #apply({ isOnline, status, user }: Presence): void {
    if (!isOnline || status === 'OFFLINE') this.#byId.delete(user.id);
    else this.#byId.set(user.id, { ...user, status });
    this.#onChange();
  }

  #fail(problem: string): void {
    this.#problem = problem;
    this.#onChange();
  }
}
