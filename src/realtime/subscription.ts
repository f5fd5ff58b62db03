/** One subscription of a hub, from its opening until it is left. */
import { logFailure } from '../observability/log-failure.ts';
import type { Logger } from '../observability/log.ts';
import type { Subscriber } from './frame.ts';
import type { Group } from './group.ts';
import type { GroupScope } from './group-key.ts';
import type { PreparedOperation, Variables } from './prepared-operation.ts';
import { Member } from './member.ts';
import type { Evidence } from './receipts/receipt.ts';
import type { ReceiptTrail } from './receipts/receipt-trail.ts';
import { bringToLive, restart } from './replay.ts';
import type { Start } from './start.ts';
import type { Resumption, StreamPosition } from './resumption.ts';

export interface OpenOptions {
  /** What of that which the operation asks for the subscriber may be shown. */
  readonly scope: GroupScope;
  /** Who subscribes: what a new group holds counts for them, and their snapshots wait for each other. */
  readonly viewerId: string;
  /** What the subscription counts against: released once, when it is left or refused. */
  readonly taken?: Releasable;
  /** What remembers where its client is. The later of that and of the cursor counts. */
  readonly resumption?: Resumption | undefined;
  /** A cursor beside that of the arguments: the later one counts. */
  readonly lastEventId?: string | null | undefined;
  /** Aborted when nobody waits for the subscription any more. */
  readonly signal?: AbortSignal;
}

/** What a subscription may use of its hub. */
export interface HubInternals {
  readonly log: Logger;
  now(): number;
  release(group: Group): void;
  /** Leaves a group for that of another scope, or stays where that is the same. Throws `TooManyOpenOperations`, and nothing has changed. */
  regroup(group: Group, scope: GroupScope, viewerId: string): Group;
}

/** What those who operate the service may want to know of a subscription. */
export interface SubscriptionFacts {
  readonly operationName: string | null;
  readonly field: string;
  readonly topic: string;
  /** When it was opened, milliseconds since the Unix epoch. */
  readonly since: number;
}

/** Something that a subscription holds until it is left. */
export interface Releasable {
  release(): void;
}

const noFrames = { frames: [], shown: [], rest: null };

/** A process has very many of them, so each holds no more than it needs. */
export class HubSubscription {
  readonly #hub: HubInternals;
  #group: Group;
  readonly #taken: Releasable | undefined;
  readonly #since: number;
  /** Null once `start` was called. */
  #start: Start | null;
  #member: Member | undefined;
  #left = false;

  constructor(hub: HubInternals, group: Group, start: Start, taken: Releasable | undefined) {
    this.#hub = hub;
    this.#group = group;
    this.#start = start;
    this.#taken = taken;
    this.#since = hub.now();
  }

  /**
   * Sends the subscriber everything from the beginning of the subscription on, until `leave`. A second call does nothing. `trail`:
   * notes what was sent.
   */
  start(subscriber: Subscriber, trail: ReceiptTrail | null = null): void {
    const start = this.#start;
    if (this.#left || !start) return;
    this.#start = null;
    const member = new Member(subscriber, start.viewerId, start, this.#group.stream.now, trail);
    this.#member = member;
    bringToLive(this.#group, member, start)?.catch((error: unknown) => this.#fail(member, error));
  }

  get operation(): PreparedOperation {
    return this.#group.execution.operation;
  }

  /** Without `after`. */
  get variables(): Variables {
    return this.#group.variables;
  }

  /**
   * From now on the subscriber is shown what this scope allows: the subscription goes on where it is, in another group. To be
   * called after `start`.
   *
   * Throws `TooManyOpenOperations`: then it goes on as before.
   */
  changeScope(scope: GroupScope): void {
    const before = this.#member;
    if (this.#left) return;
    if (!before) throw new Error('The subscription has not begun.');
    const { subscriber, viewerId, trail, snapshotVersions, epoch, resumeOffset: offset } = before;
    const { position } = this;
    const group = this.#hub.regroup(this.#group, scope, viewerId);
    if (group === this.#group) return;
    this.#group.leave(before);
    this.#group = group;
    const since = position?.at ?? before.since;
    trail?.leave();
    const stand = { position: { epoch, offset }, snapshotVersions, since };
    const member = new Member(subscriber, viewerId, stand, group.stream.now, trail);
    this.#member = member;
    member.isWhole = position !== null;
    // A snapshot that was not shown whole begins anew, as it does for whoever comes back.
    const brought = member.isWhole ? bringToLive(group, member, noFrames) : restart(group, member, since);
    brought?.catch((error: unknown) => this.#fail(member, error));
  }

  get facts(): SubscriptionFacts {
    const { execution, stream } = this.#group;
    const { operationName, field } = execution;
    return { operationName, field, topic: stream.topic.key, since: this.#since };
  }

  /** What the subscriber was sent. Null before `start`, and while a snapshot is sent, which is shown again unless it was shown whole. */
  get position(): StreamPosition | null {
    const member = this.#member;
    if (!member?.isWhole) return null;
    const { epoch, resumeOffset: offset, since, snapshotVersions } = member;
    const { stream } = this.#group;
    const { newest } = stream;
    if (newest?.epoch !== epoch || newest.offset !== offset)
      return { epoch, offset, at: Math.min(since, stream.beganBehind), snapshotVersions, text: undefined };
    return snapshotVersions === null ? newest : { ...newest, snapshotVersions, text: undefined };
  }

  /** A position of its stream, as clients compare it; null where there is none, and for one of a log that was lost. */
  textOf(position: StreamPosition | null): string | null {
    return position && this.#group.stream.textOf(position);
  }

  /** Where it begins, of a stream that begins with what comes next; undefined for one whose first frames say where they are. */
  get beginning(): string | undefined {
    if (this.#start === null || this.#start.frames.length > 0) return undefined;
    const { position, since: at, snapshotVersions } = this.#start;
    const versions = snapshotVersions && new Map(snapshotVersions);
    return this.#group.stream.cursorAt({ ...position, at, snapshotVersions: versions });
  }

  /** See `SubscriptionSource.crewOf`. */
  get crewOf(): string | undefined {
    return this.#group.source.crewOf;
  }

  /** By what its receipts can be judged; null where none are kept. */
  get evidence(): Evidence | null {
    const { source, stream } = this.#group;
    return source.evidence === undefined ? null : { topic: stream.topic.key, stream: source.evidence };
  }

  #fail(member: Member, error: unknown): void {
    // Whoever leaves ends their reads with an error.
    if (member.left) return;
    const { key: topic } = this.#group.stream.topic;
    logFailure(this.#hub.log, { err: error, topic }, 'a subscription could not be brought up to date');
    member.subscriber.disconnect('The stream could not be brought up to date; come back with your cursor.');
  }

  /** Ends it: nothing is sent afterwards. May be called twice. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#member) this.#group.leave(this.#member);
    this.#hub.release(this.#group);
    this.#taken?.release();
  }
}
