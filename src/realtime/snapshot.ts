/** A snapshot: the state with which streams begin, read and executed page by page, as its readers take it. */
import { LRUCache } from 'lru-cache';
import { FairTurns } from '../lib/turns/fair-turns.ts';
import { QueuedCalls } from '../lib/turns/queued-calls.ts';
import type { Turns } from '../lib/turns/turns.ts';
import type { Position } from '../stores/event-log/event-log.ts';
import type { Frame } from './frame.ts';
import type { Group } from './group.ts';
import { CursorTooOldError } from './cursors/cursor.ts';
import type { Beginning } from './member.ts';
import type { ShownItems } from './receipts/receipt.ts';
import { snapshotVersionsOf, type SnapshotVersions } from './cursors/snapshot-versions.ts';
import type { CursorRules } from './cursors/cursor-rules.ts';
import { unknownTime, type SnapshotItem, type SnapshotPages, type SubscriptionSource } from './source.ts';
import { streamPosition } from './topics/compared-position.ts';
import { maxRelayedWithinMs, type StreamStand, type TopicStream } from './topics/topic-stream.ts';

export interface SnapshotPage {
  readonly frames: readonly Frame[];
  /** What it shows. */
  readonly shown: ShownItems;
  /** The same, where that may be newer than `Snapshot.versions`; else null. */
  readonly versions: SnapshotVersions | null;
}

/** Pages that are made at a time. When thousands of clients come at once, the database still has time for others. */
const maxAtOnce = 16;
/** Of them those of one viewer, who may have subscribed to very much: others find a turn free. */
const maxPerViewer = 12;
/** Pages that are kept for others who read the same snapshot a little later, bytes. */
const maxRecentBytes = 8 * 1024 * 1024;

/**
 * Of many items only those versions are kept that came to be after the last event, or so long before it, milliseconds: the
 * events of all others came before that one. Without this each reader of a board would hold a list of it.
 */
const slackMs = 60_000;

/**
 * Who compares positions learns by asking every 15 s that the last events were dropped on their way, and a little later than that they
 * have them. What was dropped may have happened so long before, milliseconds, what they were shown last: nothing else would show it.
 */
const unnoticedMs = 30_000 + maxRelayedWithinMs;

/** Where somebody comes from who is shown a snapshot: see `SnapshotRequest`. */
export interface Whence {
  readonly since: number | null;
  readonly from?: string | null;
  /** Where they stood, if the log was there before: it goes on behind that for them, though it may be yet to arrive here. */
  readonly reached?: Position | null;
}

/** Whoever comes back is shown the same as all others who do, unless that depends on when they were here. */
export function whenceKey(
  { showsChanges, tellsMissed }: SubscriptionSource,
  { since, from }: Whence,
): string {
  if (since === null) return 'new';
  if (tellsMissed) return `${since} ${from ?? ''}`;
  return showsChanges ? String(since) : 'back';
}

/** Where a stream stands behind a snapshot, and since when what it shows has changed; null for all there is. */
export type SnapshotWhence = StreamStand & { readonly since: number | null };

/** What all snapshots of a hub share. */
export class SnapshotWork {
  readonly #turns = new FairTurns({ maxAtOnce, maxPerOwner: maxPerViewer });
  readonly beginnings = new QueuedCalls<Beginning>(this.#turns);
  readonly pages = new QueuedCalls<SnapshotPage>(this.#turns);
  readonly recent = new LRUCache<string, SnapshotPage>({
    maxSize: maxRecentBytes,
    sizeCalculation: ({ frames }) => frames.reduce((sum, { payload }) => sum + payload.length, 1),
  });
  readonly #loop: Turns;
  readonly #rules: Pick<CursorRules, 'earliestOf' | 'oldestUnrelayed'>;
  #count = 0;

  constructor(turns: Turns, rules: Pick<CursorRules, 'earliestOf' | 'oldestUnrelayed'>) {
    this.#loop = turns;
    this.#rules = rules;
  }

  /**
   * Since when what has changed is to be shown to somebody who comes with a date, and where they stand then. A log that was lost may get
   * events once more, of what they have been shown: it is in the snapshot, so that they are not sent those again. And so is what may
   * have been dropped on its way to somebody who has not asked since.
   *
   * @throws CursorTooOldError
   */
  async whence(
    { source, stream, frames }: Pick<Group, 'source' | 'stream' | 'frames'>,
    since: number | null,
    stand: StreamStand,
  ): Promise<SnapshotWhence> {
    if (since === null) return { ...stand, since };
    const from = source.showsChanges ? await this.#earliestChange(since, stream, stand) : { ...stand, since };
    return frames.tellsFollows ? { ...from, since: Math.max(unknownTime, from.since - unnoticedMs) } : from;
  }

  async #earliestChange(since: number, stream: TopicStream, stand: StreamStand) {
    const earliest = await this.#rules.earliestOf(since);
    if (earliest === null) throw new CursorTooOldError('is dated ahead of what anybody knows');
    // In this order: what was not marked when the first was read, and is when the second one is, is in the log by then.
    const unrelayed = (await this.#rules.oldestUnrelayed()) ?? earliest;
    const { oldestAt, trimmedTo } = await stream.behind(stand);
    // What is in a log that has more than it keeps was in the one before it, or did not come much later than what happened with it.
    const beyond = trimmedTo ? earliest - maxRelayedWithinMs : oldestAt;
    return { ...(trimmedTo ?? stand), since: Math.max(unknownTime, Math.min(earliest, unrelayed, beyond)) };
  }

  /**
   * Begins when a turn of the loop has time left: a database in this process answers within the turn that asks. What is long
   * has the turn for itself; what is short may share it, and so its query.
   */
  async whenThereIsTime<T>(make: () => Promise<T>, { isLong }: { readonly isLong: boolean }): Promise<T> {
    if (isLong) return this.#loop.run('snapshots', make);
    await this.#loop.run('snapshots', () => {});
    return make();
  }

  /** Different each time. */
  nextNumber(): number {
    return (this.#count += 1);
  }
}

/** With where the stream stood before anything was read. */
export type SnapshotOptions = SnapshotWhence & {
  readonly work: SnapshotWork;
  readonly stream: TopicStream;
  readonly pages: SnapshotPages;
  /** Executes a value, in a later turn of the loop where this one is over. */
  readonly execute: (
    value: unknown,
    about: Omit<Frame, 'payload'>,
    signal: AbortSignal,
  ) => Frame | Promise<Frame>;
};

/** Makes the first page of what a source has made. */
export async function beginSnapshot(
  {
    made,
    ...options
  }: Omit<SnapshotOptions, 'pages'> & { readonly made: readonly SnapshotItem[] | SnapshotPages },
  signal: AbortSignal,
): Promise<Beginning> {
  const { position, at } = options;
  const pages = 'read' in made ? made : onePage(made);
  const snapshot = new Snapshot({ ...options, pages });
  const { frames, shown } = pages.count > 0 ? await snapshot.make(0, signal) : { frames: [], shown: [] };
  const rest = pages.count > 1 ? snapshot : null;
  // Those of the pages behind are added to the same map.
  const snapshotVersions = rest || snapshot.versions.size > 0 ? snapshot.versions : null;
  return { frames, shown, rest, snapshotVersions, position, at };
}

const shownBy = ({ identity }: SnapshotItem): ShownItems =>
  identity ? [[identity.subject, identity.version]] : [];

const onePage = (items: readonly SnapshotItem[]): SnapshotPages => ({
  count: items.length > 0 ? 1 : 0,
  read: () => Promise.resolve(items),
});

/**
 * Readers go from page to page, each at their own pace. None of them holds more than the page that they are shown, and a
 * page that a slower one comes to when it is no longer kept is made again.
 *
 * The cursor of the last frame carries the versions that were shown, for a client that comes back with it; the cursors of
 * the other frames lead to the whole snapshot again.
 */
export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #number: number;
  /** Pages that were made once. */
  #made = 0;
  /** What was shown, as each page was made first. It may be shown newer than that, and never older. */
  readonly versions = new Map<string, number>();

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#number = options.work.nextNumber();
  }

  get count(): number {
    return this.#options.pages.count;
  }

  /** A page, which is made when it is the turn of one of those who wait for it. */
  async page(index: number, viewerId: string, signal: AbortSignal): Promise<SnapshotPage> {
    const { work } = this.#options;
    const key = `${this.#number} ${index}`;
    return (
      work.recent.get(key) ??
      work.pages.join(
        key,
        viewerId,
        async (shared) => {
          const page = await work.whenThereIsTime(() => this.make(index, shared), { isLong: true });
          work.recent.set(key, page);
          return page;
        },
        signal,
      )
    );
  }

  /** Reads and executes a page at once. */
  async make(index: number, signal: AbortSignal): Promise<SnapshotPage> {
    signal.throwIfAborted();
    const { pages, execute, at, began, position } = this.#options;
    const items = await pages.read(index, signal);
    signal.throwIfAborted();
    const versions = snapshotVersionsOf(items, this.count > 1 ? at - slackMs : undefined);
    const isFirst = index >= this.#made;
    if (isFirst) {
      this.#made = index + 1;
      for (const [subject, version] of versions) this.versions.set(subject, version);
    }
    const last = index === this.count - 1 ? items.length - 1 : -1;
    // One for all of them, where there are any.
    const restart = items.length > (last < 0 ? 0 : 1) ? this.#restartCursor() : '';
    const positionText = streamPosition(began, position.offset);
    const frames = await Promise.all(
      items
        .map(({ toValue }, item) => {
          const cursor = item === last ? this.#lastCursor() : restart;
          return { value: toValue(cursor, positionText), cursor };
        })
        .map(async ({ value, cursor }) => execute(value, { conflationKey: undefined, cursor }, signal)),
    );
    return { frames, shown: items.flatMap(shownBy), versions: isFirst ? null : versions };
  }

  #lastCursor(): string {
    const { stream, position, at } = this.#options;
    return stream.cursorAt({
      ...position,
      at,
      snapshotVersions: this.versions.size > 0 ? this.versions : null,
    });
  }

  #restartCursor(): string {
    const { stream, at, since } = this.#options;
    return stream.cursors.formatRestart(since ?? at);
  }
}
