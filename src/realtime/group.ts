/** Owns a group: all subscribers of one distinct operation. Each event is executed and serialised once for all of them. */
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Semaphore } from '../lib/semaphore.ts';
import { SharedCalls } from '../lib/shared-calls.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import { snapshotVersionsOf } from './snapshot-versions.ts';
import type { SharedExecution } from './execution.ts';
import type { Frame } from './frame.ts';
import type { Beginning, Member } from './member.ts';
import { beginAnew } from './replay.ts';
import type { SubscriptionSource } from './source.ts';
import type { StreamEntry } from './event-window.ts';
import type { TopicStream } from './topic-stream.ts';

export interface GroupOptions {
  /** Equal for all who share the group. */
  readonly key: string;
  readonly stream: TopicStream;
  readonly source: SubscriptionSource;
  readonly execution: SharedExecution;
  /** Makes a snapshot when it is its turn. */
  readonly snapshotQueue: Semaphore;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Told the time of each event that was handed to members, milliseconds since the Unix epoch. */
  readonly onDelivered: (eventAt: number) => void;
}

/** `since`: when the last event before the loss happened. */
type Step = { readonly entry: StreamEntry } | { readonly lost: Position; readonly since: number };

export class Group {
  readonly stream: TopicStream;
  readonly #options: GroupOptions;
  readonly #live = new Set<Member>();
  readonly #frames = new WeakMap<StreamEntry, Frame | null | Promise<Frame | null>>();
  readonly #stopListening: () => void;
  #steps: Step[] = [];
  #working = false;
  #position: Position;
  readonly #snapshots = new SharedCalls<Beginning>();
  #whenRecovered: PromiseWithResolvers<void> | undefined;
  /** Subscriptions that hold the group, live or not. */
  users = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.#position = options.stream.position;
    this.#stopListening = options.stream.listen({
      onEntry: (entry) => this.#take({ entry }),
      onLost: (lost) => this.#take({ lost, since: this.stream.lastAt }),
    });
  }

  /** Everything up to here was handed to the live members. */
  get position(): Position {
    return this.#position;
  }

  /** Resolves when the group comes to a loss that its stream has heard of already. */
  recovered(): Promise<void> {
    this.#whenRecovered ??= Promise.withResolvers<void>();
    return this.#whenRecovered.promise;
  }

  get key(): string {
    return this.#options.key;
  }

  get source(): SubscriptionSource {
    return this.#options.source;
  }

  /** From now on the member gets every event behind the group's position. */
  enter(member: Member): void {
    this.#live.add(member);
  }

  leave(member: Member): void {
    member.leave();
    this.#live.delete(member);
  }

  close(): void {
    this.#stopListening();
    this.#steps = [];
  }

  /** The frame of an entry, executed at most once; null when the field does not show it. */
  frameOf(entry: StreamEntry): Frame | null | Promise<Frame | null> {
    const known = this.#frames.get(entry);
    if (known !== undefined) return known;
    const made = this.#execute(entry);
    this.#frames.set(entry, made);
    if (made instanceof Promise) {
      // A frame in place of its promise lets later readers go on without waiting.
      made.then(
        (frame) => this.#frames.set(entry, frame),
        () => this.#frames.delete(entry),
      );
    }
    return made;
  }

  #execute({ event }: StreamEntry): Frame | null | Promise<Frame | null> {
    const { source, execution } = this.#options;
    if (event === null || source.accepts?.(event) === false) return null;
    const conflationKey = source.topic.kind.conflationKey?.(event.event);
    return execution.run(source.toValue(event), 'event', conflationKey);
  }

  /**
   * The current state behind the group's position, executed once for all who begin at that position.
   *
   * The position is read first and the state second, so the state may contain more than the position says; what it
   * contains is skipped later, by version. The cursor of its last frame says so too, to whoever comes back with it; who
   * was shown only a part of the frames comes back for all of them.
   */
  snapshot(since: number | null, signal?: AbortSignal): Promise<Beginning> {
    const { cursor } = this.stream;
    const { snapshotQueue } = this.#options;
    const make = (shared: AbortSignal) => snapshotQueue(() => this.#makeSnapshot(since, shared));
    return this.#snapshots.join(`${cursor} ${since}`, make, signal);
  }

  async #makeSnapshot(since: number | null, signal: AbortSignal): Promise<Beginning> {
    signal.throwIfAborted();
    const { stream, source, execution } = this.#options;
    const { position, cursor, lastAt } = stream;
    const items = await source.snapshot({ cursor, since, signal });
    const snapshotVersions = snapshotVersionsOf(items);
    const lastCursor = stream.cursors.format({ ...position, at: lastAt, snapshotVersions });
    const otherCursor = stream.cursors.formatAnew(since ?? lastAt);
    const values = items.map(({ toValue }, index) =>
      toValue(index === items.length - 1 ? lastCursor : otherCursor),
    );
    const execute = async (value: unknown) => execution.run(value, 'snapshot', undefined);
    return { frames: await Promise.all(values.map(execute)), snapshotVersions, position };
  }

  /** Shows one member an entry that the live ones have passed. */
  show(member: Member, entry: StreamEntry, frame: Frame | null): void {
    if (member.advance(entry, frame, this.stream.topic)) this.#options.metrics.deliveries.inc();
  }

  /** Shows one member a frame of a snapshot. */
  showFrame(member: Member, frame: Frame): void {
    member.subscriber.send(frame);
    this.#options.metrics.deliveries.inc();
  }

  #take(step: Step): void {
    if ('entry' in step && step.entry.event) this.#options.source.observe?.(step.entry.event);
    if (this.#working) {
      this.#steps.push(step);
      return;
    }
    const pending = this.#work(step);
    if (pending) void this.#workOff(pending);
  }

  /** Works off the steps that came while one was waiting, in order. */
  async #workOff(first: Promise<void>): Promise<void> {
    this.#working = true;
    await first;
    // By index, and emptied at the end: a burst costs no shifting of a long list.
    for (let index = 0; index < this.#steps.length; index += 1) {
      await this.#work(this.#steps[index]!);
    }
    this.#steps = [];
    this.#working = false;
  }

  /** One step; a promise only where it had to wait. Never throws, never rejects. */
  #work(step: Step): Promise<void> | undefined {
    if ('lost' in step) {
      this.#recover(step.lost, step.since);
      return undefined;
    }
    const { entry } = step;
    // Nobody to show it to: it is executed when somebody comes back for it.
    if (this.#live.size === 0) {
      this.#deliver(entry, null);
      return undefined;
    }
    try {
      const frame = this.frameOf(entry);
      if (!(frame instanceof Promise)) {
        this.#deliver(entry, frame);
        return undefined;
      }
      return frame.then(
        (settled) => this.#deliver(entry, settled),
        (error: unknown) => this.#fail(entry, error),
      );
    } catch (error) {
      this.#fail(entry, error);
      return undefined;
    }
  }

  #deliver(entry: StreamEntry, frame: Frame | null): void {
    this.#position = { epoch: this.#position.epoch, offset: entry.offset };
    const { topic } = this.stream;
    let deliveries = 0;
    for (const member of this.#live) if (member.advance(entry, frame, topic)) deliveries += 1;
    if (deliveries === 0) return;
    this.#options.metrics.deliveries.inc(deliveries);
    this.#options.onDelivered(entry.at);
  }

  /** The event could not be executed at all: its subscribers come back for it rather than miss it. */
  #fail(entry: StreamEntry, error: unknown): void {
    this.#options.log.error(
      { err: error, topic: this.stream.topic.key, offset: entry.offset },
      'an event could not be executed',
    );
    for (const member of this.#live)
      member.subscriber.disconnect('An event could not be shown; come back with your cursor.');
    this.#position = { epoch: this.#position.epoch, offset: entry.offset };
  }

  /** What lay before `position` is lost: every member gets the state instead, as fast as they take it, or comes back for it. */
  #recover(position: Position, since: number): void {
    this.#position = position;
    this.#whenRecovered?.resolve();
    this.#whenRecovered = undefined;
    const members = [...this.#live];
    this.#live.clear();
    // All who are shown the same snapshot fail with the same error, and there may be thousands of them.
    const logged = new Set<unknown>();
    for (const member of members) {
      beginAnew(this, member, since).catch((error: unknown) => {
        const { key: topic } = this.stream.topic;
        if (!logged.has(error))
          this.#options.log.error({ err: error, topic }, 'a snapshot after a lost log failed');
        logged.add(error);
        if (!member.left)
          member.subscriber.disconnect('The stream must be begun anew; come back with your cursor.');
      });
    }
  }
}
