/** The frames of a group's events: each is executed at most once for all who are shown the same. */
import type { Frame } from '../frame.ts';
import type { SubscriptionSource } from '../source.ts';
import type { StreamEntry } from '../topics/event-window.ts';
import { followsOf } from '../topics/compared-position.ts';
import type { TopicEvent } from '../topics/topic.ts';
import { remembered } from './remembered.ts';
import type { GroupExecution } from './shared-executions.ts';

/** Null when the field does not show the entry. */
type Made = Frame | null | Promise<Frame | null>;

export class SharedFrames {
  readonly #source: SubscriptionSource;
  readonly #execution: GroupExecution['execution'];
  readonly #filtered: GroupExecution['filtered'];
  readonly #frames = new WeakMap<StreamEntry, Made>();
  /** By entry, and by what it follows. */
  readonly #apart = new WeakMap<StreamEntry, Map<string | null, Made>>();
  #tellsFollows: boolean | undefined;

  constructor(source: SubscriptionSource, { execution, filtered }: GroupExecution) {
    this.#source = source;
    this.#execution = execution;
    this.#filtered = filtered;
  }

  /** Whether it matters to members what an event follows. */
  get tellsFollows(): boolean {
    return (this.#tellsFollows ??= this.#source.filter !== null && this.#execution.asksFor('follows'));
  }

  /** Of an entry that just arrived: nobody else has it, and whoever comes back for it has another one. */
  live(entry: StreamEntry): Made {
    return this.#execute(entry, entry);
  }

  of(entry: StreamEntry): Made {
    return remembered(this.#frames, entry, () => this.#execute(entry, entry));
  }

  /** For members whom a snapshot has shown everything from `first` up to the entry: to them it follows what `first` follows. */
  behind(entry: StreamEntry, first: StreamEntry): Made {
    const frames = this.#apart.get(entry) ?? new Map<string | null, Made>();
    this.#apart.set(entry, frames);
    const follows = first.event && followsOf(first.event, this.#source.filter);
    return remembered(frames, follows, () => this.#execute(entry, first));
  }

  #execute({ event }: StreamEntry, { event: first }: StreamEntry): Made {
    if (event === null) return null;
    const accepted = this.#source.accepts?.(event);
    if (accepted instanceof Promise)
      return accepted.then((isShown) => (isShown ? this.#executeEvent(event, first) : null));
    return accepted === false ? null : this.#executeEvent(event, first);
  }

  #executeEvent(event: TopicEvent<unknown>, first: StreamEntry['event']): Made {
    const about = {
      conflationKey: this.#source.topic.kind.conflationKey?.(event.event),
      cursor: event.cursor,
    };
    const follows = first && this.tellsFollows ? followsOf(first, this.#source.filter) : null;
    const run = (told: Omit<Frame, 'payload'>) =>
      this.#filtered
        ? this.#filtered.of(this.#source, event, follows, told)
        : this.#execution.run(this.#source.toValue(event, follows), 'event', told);
    if (event.traceparent === undefined) return run(about);
    return this.#execution.trace(this.#source.topic.key, event, (trace) => run({ ...about, ...trace }));
  }
}
