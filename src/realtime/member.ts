/** One subscriber in a group: how far they have come, and what a snapshot has shown them. */
import { CallerLeft } from '../lib/failures/caller-left.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { ShownItems } from './receipts/receipt.ts';
import type { ReceiptTrail } from './receipts/receipt-trail.ts';
import type { Snapshot } from './snapshot.ts';
import {
  combineVersions,
  NewerVersions,
  type ShownVersions,
  type SnapshotVersions,
} from './cursors/snapshot-versions.ts';
import type { Frame, Subscriber } from './frame.ts';
import type { Group } from './group.ts';
import type { StreamEntry } from './topics/event-window.ts';

/** The frames with which a stream begins, and the position behind which it goes on. */
export interface Beginning {
  readonly frames: readonly Frame[];
  /** What these frames show. */
  readonly shown: ShownItems;
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

/** What a member knows of its group. */
type GroupOfMember = Pick<Group, 'stream' | 'frames' | 'freshness'>;

/** What came of an entry: it was sent, or is not to be, or cannot be sent together with the others. */
export type Advance = 'sent' | 'passed' | 'apart';

/** So much may be between two clocks that date events, milliseconds. */
const slackMs = 60_000;

export class Member {
  readonly subscriber: Subscriber;
  /** Whose subscription it is: their snapshots wait for each other. */
  readonly viewerId: string;
  /** Where receipts are kept of what they are shown, else null. */
  readonly trail: ReceiptTrail | null;
  /** Everything up to here was sent, or need not be. */
  epoch: string;
  offset: number;
  snapshotVersions: ShownVersions | null;
  /**
   * Events of every change up to here have come to them, or they know of it; milliseconds since the Unix epoch, or `unknownTime`.
   * A snapshot does not move it: events of what it shows may be yet to come, and the next snapshot is to know of them too.
   */
  since: number;
  /** The first of those events that were not sent because a snapshot contained them, and that nothing was sent behind yet. */
  #skipped: StreamEntry | null = null;
  /** Whether the snapshot was sent to its end that belongs to this position. */
  isWhole = true;
  /** What they were shown had happened before: events behind it are newer than all of that. */
  #aheadUntil: number;
  #left = false;
  #leaving: AbortController | undefined;

  constructor(
    subscriber: Subscriber,
    viewerId: string,
    { position: { epoch, offset }, snapshotVersions, since }: MemberStart,
    now: number,
    trail: ReceiptTrail | null = null,
  ) {
    this.#aheadUntil = now + slackMs;
    this.subscriber = subscriber;
    this.viewerId = viewerId;
    this.epoch = epoch;
    this.offset = offset;
    this.snapshotVersions = snapshotVersions;
    this.since = since;
    this.trail = trail;
    trail?.enter(this);
  }

  get left(): boolean {
    return this.#left;
  }

  /** Where whoever goes on in this member's place begins: behind the last event that was sent, or that others were not sent either. */
  get resumeOffset(): number {
    return this.#skipped === null ? this.offset : this.#skipped.offset - 1;
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
  restart(
    { position, snapshotVersions }: Pick<Beginning, 'position' | 'snapshotVersions'>,
    now: number,
  ): void {
    this.trail?.leave();
    this.#aheadUntil = now + slackMs;
    this.epoch = position.epoch;
    this.offset = position.offset;
    // Events of what they were shown before may be yet to come.
    this.snapshotVersions = combineVersions(this.snapshotVersions, snapshotVersions);
    this.#skipped = null;
    this.trail?.enter(this);
  }

  /**
   * Moves on to the entry, and sends its frame unless the snapshot contained it. `apart`: nothing is sent and the member stays where
   * it is, since the entry follows an event that this member was not shown. It needs a frame of its own: see `shownFrom`.
   */
  advance(entry: StreamEntry, frame: Frame | null, group: GroupOfMember, isOwn = false): Advance {
    if (entry.offset <= this.offset) return 'passed';
    // Of most members nothing but this is read, of each for each event: they lie far apart in memory.
    if (this.snapshotVersions !== null && this.#skipped === null && entry.at > this.#aheadUntil)
      this.snapshotVersions = null;
    const lead = frame === null ? null : this.#leadOf(entry, group);
    const isContained = lead !== null && lead <= 0;
    if (isContained && group.frames.tellsFollows) this.#skipped ??= entry;
    if (this.#skipped !== null && frame !== null && !isContained && !isOwn) return 'apart';
    this.offset = entry.offset;
    // What is judged by the events before it may be judged otherwise when somebody asks who was shown it.
    const isDoubted = frame === null && (entry.event === null || group.freshness !== null);
    if (isContained || isDoubted) this.trail?.skip(entry.offset);
    if (frame === null || isContained) return 'passed';
    this.#skipped = null;
    // Versions of a subject only grow, so those of the snapshot are not needed any more: here where there is but one.
    if (lead !== null && this.snapshotVersions?.size === 1) this.snapshotVersions = null;
    const shown = this.snapshotVersions;
    this.subscriber.send(shown === null ? frame : group.stream.ownFrame(entry, frame, shown));
    return 'sent';
  }

  /** Where the entry would be sent behind events that the snapshot contained: the first of those. */
  shownFrom(entry: StreamEntry, group: GroupOfMember): StreamEntry | null {
    if (this.#skipped === null || entry.event === null) return null;
    const lead = this.#leadOf(entry, group);
    return lead !== null && lead <= 0 ? null : this.#skipped;
  }

  /** How much newer the entry is than what the snapshot has shown of its subject; null where it has shown nothing of that. */
  #leadOf({ event }: StreamEntry, { stream }: GroupOfMember): number | null {
    if (this.snapshotVersions === null) return null;
    const { subject, version } = stream.topic.kind.identify(event!.event);
    const known = this.snapshotVersions.get(subject);
    return known === undefined ? null : version - known;
  }
}
