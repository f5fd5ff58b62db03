/** An event log that can be emptied while it is followed, as a Redis that comes back without its data. */
import type {
  AppendedEvent,
  AppendRequest,
  EventLog,
  Follower,
  Following,
  Position,
  ReadResult,
  Standing,
} from '../../src/stores/event-log/event-log.ts';

interface Followed {
  readonly topic: string;
  readonly follower: Follower;
  following: Following;
}

export class EmptiableLog implements EventLog {
  readonly #make: () => EventLog;
  readonly #followed = new Set<Followed>();
  #log: EventLog;

  constructor(make: () => EventLog) {
    this.#make = make;
    this.#log = make();
  }

  /** From now on offsets begin anew in another epoch, and followers are told so. */
  async empty(): Promise<void> {
    await this.#log.close();
    this.#log = this.#make();
    for (const followed of this.#followed) {
      followed.following = await this.#log.follow(followed.topic, followed.follower);
      const { position, began } = followed.following;
      followed.follower.onLost(position, began);
    }
  }

  beginTurns(): Promise<void> {
    return this.#log.beginTurns();
  }

  findMissing(appended: readonly AppendedEvent[]): Promise<readonly AppendedEvent[]> {
    return this.#log.findMissing(appended);
  }

  append(requests: readonly AppendRequest[]): Promise<Position[]> {
    return this.#log.append(requests);
  }

  position(topic: string): Promise<Position> {
    return this.#log.position(topic);
  }

  standing(topic: string, value?: string): Promise<Standing> {
    return this.#log.standing(topic, value);
  }

  read(topic: string, after: Position, limit: number): Promise<ReadResult> {
    return this.#log.read(topic, after, limit);
  }

  async follow(topic: string, follower: Follower): Promise<Following> {
    const followed = { topic, follower, following: await this.#log.follow(topic, follower) };
    this.#followed.add(followed);
    const close = () => {
      this.#followed.delete(followed);
      return followed.following.close();
    };
    const { position, began } = followed.following;
    return { position, began, keep: () => followed.following.keep(), close };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
