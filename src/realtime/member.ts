/** One subscriber in a group: how far they have come, and what a snapshot has shown them. */
import { CallerLeft } from '../lib/caller-left.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { Snapshot } from './snapshot.ts';
import { NewerVersions, type ShownVersions, type SnapshotVersions } from './cursors/snapshot-versions.ts';
import type { Frame, Subscriber } from './frame.ts';
import type { StreamEntry } from './topics/event-window.ts';
import type { Topic } from './topics/topic.ts';

/** The frames with which a stream begins, and the position behind which it goes on. */
export interface Beginning {
  readonly frames: readonly Frame[];
  /** The snapshot whose first page these frames are, where it has more. */
  readonly rest: Snapshot | null;
  readonly snapshotVersions: SnapshotVersions | null;
  readonly position: Position;
  /** When the last event up to there happened, milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Where a member stands at first. */
export interface MemberStart {
  readonly position: Position;
  readonly snapshotVersions: ShownVersions | null;
  readonly since: number;
}

export class Member {
  readonly subscriber: Subscriber;
  /** Whose subscription it is: their snapshots wait for each other. */
  readonly viewerId: string;
  /** Everything up to here was sent, or need not be. */
  epoch: string;
  offset: number;
  snapshotVersions: ShownVersions | null;
  /**
   * Events of every change up to here have come to them, or they know of it; milliseconds since the Unix epoch, or `unknownTime`.
   * A snapshot does not move it: events of what it shows may be yet to come, and the next snapshot is to know of them too.
   */
  since: number;
  /** Whether the snapshot was sent to its end that belongs to this position. */
  isWhole = true;
  #left = false;
  #leaving: AbortController | undefined;

  constructor(
    subscriber: Subscriber,
    viewerId: string,
    { position: { epoch, offset }, snapshotVersions, since }: MemberStart,
  ) {
    this.subscriber = subscriber;
    this.viewerId = viewerId;
    this.epoch = epoch;
    this.offset = offset;
    this.snapshotVersions = snapshotVersions;
    this.since = since;
  }

  get left(): boolean {
    return this.#left;
  }

  /** For reads that this member alone waits for: aborted when they leave. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController();
    return this.#leaving.signal;
  }

  leave(): void {
    this.#left = true;
    this.#leaving?.abort(new CallerLeft());
  }

  /** They were shown a page whose versions may be newer than those of the snapshot. */
  addVersions(versions: SnapshotVersions): void {
    const shown = this.snapshotVersions;
    const newer = shown instanceof NewerVersions ? shown : new NewerVersions(shown);
    newer.add(versions);
    this.snapshotVersions = newer;
  }

  /** Goes on behind a snapshot, wherever the member was before. */
  restart({ position, snapshotVersions }: Pick<Beginning, 'position' | 'snapshotVersions'>): void {
    this.epoch = position.epoch;
    this.offset = position.offset;
    this.snapshotVersions = snapshotVersions;
  }

  /** Moves on to the entry, and sends its frame unless the snapshot contained it. Returns whether it was sent. */
  advance(entry: StreamEntry, frame: Frame | null, topic: Topic<unknown>): boolean {
    if (entry.offset <= this.offset) return false;
    this.offset = entry.offset;
    if (frame === null) return false;
    if (this.snapshotVersions !== null && this.#isInSnapshot(entry, topic)) return false;
    this.subscriber.send(frame);
    return true;
  }

  #isInSnapshot(entry: StreamEntry, topic: Topic<unknown>): boolean {
    const { subject, version } = topic.kind.identify(entry.event!.event);
    const known = this.snapshotVersions!.get(subject);
    if (known === undefined) return false;
    if (version <= known) return true;
    // Versions of a subject only grow, so those of the snapshot are not needed any more: here there is but one.
    if (this.snapshotVersions!.size === 1) this.snapshotVersions = null;
    return false;
  }
}
