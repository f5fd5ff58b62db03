/** A follower that remembers what it got, and events to append, for tests of the event log. */
import type {
  AppendRequest,
  EventLog,
  Follower,
  Following,
  LoggedEvent,
  NewEvent,
  Position,
} from '../../src/stores/event-log/event-log.ts';

export interface TestFollower extends Follower {
  readonly following: Following;
  readonly events: readonly LoggedEvent[];
  readonly ids: readonly string[];
  readonly lost: readonly Position[];
  /** Resolves once an event with this id was delivered. */
  hasId(id: string): Promise<void>;
  /** Resolves once something was reported as lost. */
  hasLost(): Promise<Position>;
}

/** Follows a topic and remembers what it was told. `onEvent` is called besides. */
export async function tFollower(
  log: EventLog,
  topic: string,
  onEvent: (event: LoggedEvent) => void = () => {},
): Promise<TestFollower> {
  const events: LoggedEvent[] = [];
  const ids: string[] = [];
  const lost: Position[] = [];
  const waiting = new Set<() => void>();
  const hear = () => waiting.forEach((look) => look());
  const heard = <T>(find: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const follower: Follower = {
    onEvent(event) {
      events.push(event);
      ids.push(event.id);
      hear();
      onEvent(event);
    },
    onLost(position) {
      lost.push(position);
      hear();
    },
  };
  const following = await log.follow(topic, follower);
  return {
    ...follower,
    following,
    events,
    ids,
    lost,
    hasId: async (id) => void (await heard(() => ids.includes(id) || undefined)),
    hasLost: () => heard(() => lost.at(-1)),
  };
}

export function anEvent(id: string, data: unknown = { id }): NewEvent {
  return { id, at: 1_700_000_000_000, data };
}

/** Events `from` to `to` of a topic, whose ids are their numbers. */
export function numbered(topic: string, from: number, to: number): AppendRequest[] {
  return numbersOf(from, to).map((number) => ({ topic, event: anEvent(String(number)) }));
}

export function numbersOf(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
