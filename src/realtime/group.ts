/** A group: all subscriptions to one topic with equal operations. Each event is executed and serialised once for all of them. */
import { logFailure } from '../observability/log-failure.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Turns } from '../lib/turns/turns.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { SharedExecution } from './executions/execution.ts';
import type { GroupExecution } from './executions/shared-executions.ts';
import { SharedFrames } from './executions/shared-frames.ts';
import type { Frame } from './frame.ts';
import { Freshness } from './freshness.ts';
import type { Variables } from './prepared-operation.ts';
import type { Beginning, Member } from './member.ts';
import { bringBack, restartAll } from './replay.ts';
import {
  beginSnapshot,
  whenceKey,
  type SnapshotOptions,
  type SnapshotWork,
  type Whence,
} from './snapshot.ts';
import { unknownTime, type SubscriptionSource } from './source.ts';
import type { StreamEntry } from './topics/event-window.ts';
import type { Releasable } from './subscription.ts';
import type { TopicStream } from './topics/topic-stream.ts';

export interface GroupOptions {
  /** Equal for all subscriptions that belong into this group. */
  readonly key: string;
  readonly stream: TopicStream;
  readonly source: SubscriptionSource;
  /** That of another group that has the same source. */
  readonly freshness?: Freshness | null | undefined;
  readonly variables: Variables;
  readonly execution: GroupExecution;
  /** The memory that the operation takes; released when the group is closed. */
  readonly held: Releasable;
  /** Whose turn it is to have a snapshot made, over all groups. */
  readonly snapshots: SnapshotWork;
  /** An event that many groups execute is executed over several turns. */
  readonly turns: Turns;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Called with the time of each event that was sent to members, milliseconds since the Unix epoch. */
  readonly onDelivered: (eventAt: number, traceparent: string | undefined) => void;
}

/** What is worked on next: an event, or a loss of the log. `since`: when the last event happened that arrived before the loss. */
type Step = { readonly entry: StreamEntry } | { readonly lost: Position; readonly since: number };

export class Group {
  readonly key: string;
  readonly stream: TopicStream;
  readonly source: SubscriptionSource;
  /** Without `after`. */
  readonly variables: Variables;
  readonly execution: SharedExecution;
  readonly frames: SharedFrames;
  readonly #options: GroupOptions;
  readonly #live = new Set<Member>();
  readonly #stopListening: () => void;
  #steps: Step[] = [];
  #working = false;
  #position: Position;
  readonly #number: number;
  /** Of a source that judges events by those before them; else null. */
  readonly freshness: Freshness | null;
  #whenRecovered: PromiseWithResolvers<void> | undefined;
  /** Subscriptions that use the group, whether live or still being brought to live. */
  users = 0;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.key = options.key;
    this.#number = options.snapshots.nextNumber();
    this.stream = options.stream;
    this.source = options.source;
    this.variables = options.variables;
    this.execution = options.execution.execution;
    this.frames = new SharedFrames(options.source, options.execution);
    this.freshness = options.freshness ?? (options.source.renew ? new Freshness(options.source) : null);
    this.#position = options.stream.position;
    this.#stopListening = options.stream.listen({
      onEntry: (entry) => this.#take({ entry }),
      onLost: (lost) => this.#take({ lost, since: this.stream.newest?.at ?? unknownTime }),
    });
  }

  /** Everything up to here was sent to the live members. */
  get position(): Position {
    return this.#position;
  }

  /** Resolves when the group has worked off a loss that its stream knows of already. */
  recovered(): Promise<void> {
    this.#whenRecovered ??= Promise.withResolvers<void>();
    return this.#whenRecovered.promise;
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
    this.#options.execution.release();
    this.#options.held.release();
  }

  /**
   * The current state, of which the beginning is executed once for all who begin at the same position.
   *
   * The position is read first and the state second, so the state may already contain events behind the position. Those
   * are skipped later, by their versions.
   */
  snapshot(whence: Whence, viewerId: string, signal?: AbortSignal): Promise<Beginning> {
    const { epoch, offset } = this.stream.standFor(whence.reached ?? null).position;
    const { snapshots } = this.#options;
    const isLong = this.source.showsChanges === true;
    const make = (shared: AbortSignal) =>
      snapshots.whenThereIsTime(() => this.#beginSnapshot(whence, shared), { isLong });
    const key = `${this.#number} ${epoch} ${offset} ${whenceKey(this.source, whence)}`;
    return snapshots.beginnings.join(key, viewerId, make, signal);
  }

  async #beginSnapshot({ since, from = null, reached = null }: Whence, signal: AbortSignal) {
    signal.throwIfAborted();
    const { stream, source } = this;
    const renewed = this.freshness?.beginReading();
    const { execution } = this;
    const { snapshots: work, turns } = this.#options;
    const whence = await work.whence(this, since, stream.standFor(reached));
    const made = await source.snapshot({ ...whence, from, signal });
    signal.throwIfAborted();
    renewed?.();
    const execute: SnapshotOptions['execute'] = (value, about, pageSignal) =>
      turns.run(`snapshot ${this.#number}`, () => execution.run(value, 'snapshot', about, pageSignal));
    return beginSnapshot({ ...whence, work, stream, made, execute }, signal);
  }

  /** Has the source read what it judges events by. Rejects with what the source rejects with. */
  async renew(signal?: AbortSignal): Promise<void> {
    await this.freshness?.renew(() => this.stream.position, signal);
  }

  /** One frame was sent to one member who is being brought to live. */
  noteDelivery(): void {
    this.#options.metrics.deliveries.add();
  }

  #take(step: Step): void {
    if ('lost' in step) this.freshness?.noteLoss();
    else if (step.entry.event) this.source.observe?.(step.entry.event);
    if (this.#working) return void this.#steps.push(step);
    const pending = this.#workInTurn(step);
    if (pending instanceof Promise) void this.#workOff(pending);
  }

  /** Waits for the first step, then works off those that came meanwhile, in order. */
  async #workOff(first: Promise<void>): Promise<void> {
    this.#working = true;
    await first;
    // By index and emptied at the end, because to shift a long list after a burst is slow.
    for (let index = 0; index < this.#steps.length; index += 1) {
      await this.#workInTurn(this.#steps[index]!);
    }
    this.#steps = [];
    this.#working = false;
  }

  #workInTurn(step: Step): void | Promise<void> {
    return this.#options.turns.run<void>(this.stream.topic.key, () => this.#work(step));
  }

  /** Works off one step. Returns a promise only where it has to wait. Never throws, never rejects. */
  #work(step: Step): Promise<void> | undefined {
    if ('lost' in step) {
      this.#recover(step.lost, step.since);
      return undefined;
    }
    const { entry } = step;
    // With nobody to send it to, the entry is executed only when somebody comes back for it.
    if (this.#live.size === 0) {
      this.#deliver(entry, null);
      return undefined;
    }
    try {
      const frame = this.frames.live(entry);
      if (!(frame instanceof Promise)) {
        this.#deliver(entry, frame);
        return undefined;
      }
      return frame.then(
        (made) => this.#deliver(entry, made),
        (error: unknown) => this.#fail(entry, error),
      );
    } catch (error) {
      this.#fail(entry, error);
      return undefined;
    }
  }

  #deliver(entry: StreamEntry, frame: Frame | null): void {
    this.#position = { epoch: this.#position.epoch, offset: entry.offset };
    let deliveries = 0;
    for (const member of this.#live) {
      const outcome = member.advance(entry, frame, this);
      if (outcome === 'sent') deliveries += 1;
      else if (outcome === 'apart') this.#setApart(member);
    }
    if (deliveries === 0) return;
    this.#options.metrics.deliveries.add(deliveries);
    this.#options.onDelivered(entry.at, frame?.traceparent);
  }

  #setApart(member: Member): void {
    this.#live.delete(member);
    bringBack(this, member, this.#options.log);
  }

  /** An event could not be executed: the members are disconnected and come back for it, so that they do not miss it. */
  #fail(entry: StreamEntry, error: unknown): void {
    const about = { err: error, topic: this.stream.topic.key, offset: entry.offset };
    logFailure(this.#options.log, about, 'an event could not be executed');
    for (const member of this.#live)
      member.subscriber.disconnect('An event could not be shown; come back with your cursor.');
    this.#position = { epoch: this.#position.epoch, offset: entry.offset };
  }

  /** What lay before `position` is lost: each member gets a snapshot instead, as fast as they read, or comes back for it. */
  #recover(position: Position, since: number): void {
    this.#position = position;
    this.#whenRecovered?.resolve();
    this.#whenRecovered = undefined;
    const members = [...this.#live];
    this.#live.clear();
    restartAll(this, members, since, this.#options.log);
  }
}
