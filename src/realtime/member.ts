/** Owns one subscriber's place in its group: how far it has come, and what a snapshot has told it already. */
import type { Position } from '../stores/event-log/event-log.ts';
import type { SnapshotVersions } from './snapshot-versions.ts';
import type { Frame, Subscriber } from './frame.ts';
import type { StreamEntry } from './event-window.ts';
import type { Topic } from './topic.ts';

/** Frames to begin with, and where the stream goes on behind them. */
export interface Beginning {
  readonly frames: readonly Frame[];
  readonly snapshotVersions: SnapshotVersions | null;
  readonly position: Position;
}

export class Member {
  readonly subscriber: Subscriber;
  /** Everything up to here was shown, or need not be. */
  epoch: string;
  offset: number;
  snapshotVersions: SnapshotVersions | null;
  #left = false;
  #leaving: AbortController | undefined;

  constructor(
    subscriber: Subscriber,
    { epoch, offset }: Position,
    snapshotVersions: SnapshotVersions | null,
  ) {
    this.subscriber = subscriber;
    this.epoch = epoch;
    this.offset = offset;
    this.snapshotVersions = snapshotVersions;
  }

  get left(): boolean {
    return this.#left;
  }

  /** For reads on behalf of this member alone: aborted when it leaves. */
  get signal(): AbortSignal {
    this.#leaving ??= new AbortController();
    return this.#leaving.signal;
  }

  leave(): void {
    this.#left = true;
    this.#leaving?.abort(new Error('The subscriber has left.'));
  }

  /** Goes on behind a snapshot, whatever came before. */
  restart({ position, snapshotVersions: snapshotVersions }: Beginning): void {
    this.epoch = position.epoch;
    this.offset = position.offset;
    this.snapshotVersions = snapshotVersions;
  }

  /** Moves on to the entry, and shows its frame unless the member knows it already. */
  advance(entry: StreamEntry, frame: Frame | null, topic: Topic<unknown>): boolean {
    if (entry.offset <= this.offset) return false;
    this.offset = entry.offset;
    if (frame === null) return false;
    if (this.snapshotVersions !== null && this.#knows(entry, topic)) return false;
    this.subscriber.send(frame);
    return true;
  }

  #knows(entry: StreamEntry, topic: Topic<unknown>): boolean {
    const { subject, version } = topic.kind.identify(entry.event!.event);
    const known = this.snapshotVersions!.get(subject);
    if (known === undefined) return false;
    if (version <= known) return true;
    // Versions of a subject only grow: the snapshot of a single one has done its service.
    if (this.snapshotVersions!.size === 1) this.snapshotVersions = null;
    return false;
  }
}
