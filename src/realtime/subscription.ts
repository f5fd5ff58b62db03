/** One subscription of a hub, from its opening until it is left. */
import { logFailure } from '../observability/log-failure.ts';
import type { Logger } from '../observability/log.ts';
import type { Subscriber } from './frame.ts';
import type { Group } from './group.ts';
import { Member } from './member.ts';
import { bringToLive, type Start } from './replay.ts';
import type { StreamPosition } from './resumption.ts';

/** What a subscription may use of its hub. */
export interface HubInternals {
  readonly log: Logger;
  release(group: Group): void;
}

/** Something that a subscription holds until it is left. */
export interface Releasable {
  release(): void;
}

/** A process has very many of them, so each holds no more than it needs. */
export class HubSubscription {
  readonly #hub: HubInternals;
  readonly #group: Group;
  readonly #taken: Releasable | undefined;
  /** Null once `start` was called. */
  #start: Start | null;
  #member: Member | undefined;
  #left = false;

  constructor(hub: HubInternals, group: Group, start: Start, taken: Releasable | undefined) {
    this.#hub = hub;
    this.#group = group;
    this.#start = start;
    this.#taken = taken;
  }

  /** Sends the subscriber everything from the beginning of the subscription on, until `leave`. A second call does nothing. */
  start(subscriber: Subscriber): void {
    const start = this.#start;
    if (this.#left || !start) return;
    this.#start = null;
    this.#member = new Member(subscriber, start.viewerId, start);
    bringToLive(this.#group, this.#member, start)?.catch((error: unknown) => this.#fail(error));
  }

  /** What the subscriber was sent. Null before `start`, and while a snapshot is sent, which is shown again unless it was shown whole. */
  get position(): StreamPosition | null {
    const member = this.#member;
    if (!member?.isWhole) return null;
    const { epoch, offset, since, snapshotVersions } = member;
    const { stream } = this.#group;
    const isNewest = stream.position.epoch === epoch && stream.position.offset === offset;
    return { epoch, offset, at: isNewest ? Math.max(since, stream.lastAt) : since, snapshotVersions };
  }

  /** Where it begins, of a stream that begins with what comes next; undefined for one whose first frames say where they are. */
  get beginning(): string | undefined {
    if (this.#start === null || this.#start.frames.length > 0) return undefined;
    const { position, since: at, snapshotVersions } = this.#start;
    const versions = snapshotVersions && new Map(snapshotVersions);
    return this.#group.stream.cursorAt({ ...position, at, snapshotVersions: versions });
  }

  #fail(error: unknown): void {
    // Whoever leaves ends their reads with an error.
    if (this.#left) return;
    const { key: topic } = this.#group.stream.topic;
    logFailure(this.#hub.log, { err: error, topic }, 'a subscription could not be brought up to date');
    this.#member?.subscriber.disconnect(
      'The stream could not be brought up to date; come back with your cursor.',
    );
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
