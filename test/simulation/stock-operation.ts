/** An operation of a stock client, which knows what it must have been shown, and what must not be shown again. */
import type { Count } from './record.ts';
import type { Host } from './scheduler.ts';
import type { SubscribeRequest, Update } from './streams.ts';

type Versions = ReadonlyMap<string, number>;

/** Moments count what was asked of the store, and answered, in its order. */
export interface Taken {
  readonly askedAt: number;
  readonly answeredAt: number;
  /** How often the store had been lost. */
  readonly losses: number;
}

/** What the store was told of an operation by a time. */
export interface KeptPlace {
  readonly told: Versions | null;
  readonly keptAt: number;
}

/** The operation on one process: from a `subscribe` message to the end of its connection. */
export class Holding {
  readonly operation: StockOperation;
  readonly process: Host;
  /** Those that were begun later have higher ones. */
  readonly number: number;
  /** When the store said that it has the slot. */
  takenAt: number | null = null;
  /** Between which moments it was taken; null where that is not known: it was not, or an answer is yet to come. */
  taken: Taken | null = null;
  /** Whether the store has said that somebody else has taken it. */
  isReplaced = false;
  /** Whether the store has said anything of it. */
  isAnswered = false;
  /** Whether the store has said that its slot may have been lost: its stream must not begin without a word. */
  isLost = false;
  /** From whom it was taken who had not left it. */
  replaces: Holding | null = null;
  /** Whether others have taken it too often, so that it stays with whoever has it. */
  isContested = false;
  /** Whether its stream has begun. */
  hasBegun = false;
  /** Whether its stream begins without a word where nothing was known of it. */
  isNew = false;
  /** Of a shared one: whether its client was not here before, or so long ago that nothing is owed any more. */
  isOwedNothing = false;
  /** Whether its process has begun to leave it, or has heard that its client has. */
  isLeft = false;
  /** When the store last said that it is held, and how often the store had been lost then. */
  keptAt = -Infinity;
  keptBehind = 0;
  readonly sent = new Map<string, number>();
  /** What was sent when its client was asked last. */
  asked: Versions | null = null;
  acknowledged: Versions = new Map();
  /** The position that the store was told last, and what its client had acknowledged then. */
  said: { readonly position: string; readonly acknowledged: Versions } | null = null;
  /** What its stream must not show again: the store was told so before the slot was taken. */
  settled: Versions = new Map();
  /** What its stream has shown. */
  readonly shown = new Map<string, number>();

  constructor(operation: StockOperation, process: Host, number: number) {
    this.operation = operation;
    this.process = process;
    this.number = number;
  }

  /** By which a trace tells it from others of the same operation. */
  get label(): string {
    return `${this.operation.label}, its stream ${this.number}`;
  }

  /** What a position says that the client has. One that is said again may be older than the last acknowledgement. */
  acknowledgedAt(position: string): Versions {
    if (this.said?.position !== position) this.said = { position, acknowledged: this.acknowledged };
    return this.said.acknowledged;
  }

  /** Whether the store was told of all of this. */
  hasSaid(versions: Versions): boolean {
    return [...versions].every(([name, version]) => (this.said?.acknowledged.get(name) ?? 0) >= version);
  }

  /** It shows that something is followed from there on. Returns whether it must not, since that was shown. */
  takeFollowed({ name, version }: Count): boolean {
    const last = Math.max(this.shown.get(name) ?? 0, this.settled.get(name) ?? 0);
    this.shown.set(name, version);
    return version <= last;
  }
}

/** That somebody follows something, as a counter of its own: how often they have begun to. */
export const followedOf = ({ name, times }: Pick<Update, 'name' | 'times'>): Count => ({
  name: `followed ${name}`,
  version: times ?? 0,
});

/** What a client subscribes to. `isListed`: behind the cursor of a list that it has read once, and always that cursor. */
export type Wish = Omit<SubscribeRequest, 'after'> & { readonly isListed?: boolean };

export interface StockOperationOptions {
  readonly id: string;
  readonly clientName: string;
  readonly viewerId: string;
  readonly wish: Wish;
  /** Whether others ask the same under the same id, so that a slot is not its own. */
  readonly isShared: boolean;
}

export class StockOperation {
  readonly id: string;
  readonly viewerId: string;
  readonly wish: Wish;
  readonly isShared: boolean;
  readonly #clientName: string;
  /** Since when its client has no stream of it; null while it has one, and before the first. */
  #leftAt: number | null = null;
  #hasStream = false;
  #hadStream = false;
  /** The cursor that its variables have. */
  after: string | null = null;
  /** What it knows of each counter: by what it was shown, or where its stream began. */
  readonly known = new Map<string, number>();
  readonly shown = new Map<string, number>();
  /** The newest that has the slot. */
  latest: Holding | null = null;
  /** What the store was told that the client has; null where the store has no place of it. */
  #told: Map<string, number> | null = null;
  #keptAt = -Infinity;
  /** Of the place that the store has: of an older copy, when that was told last. */
  #placeKeptAt = -Infinity;
  /** How often the store was lost. */
  losses = 0;
  /** At which moment its slot was to be deleted, whatever came of that; null where it was taken since. */
  deletionAskedAt: number | null = null;

  constructor({ id, clientName, viewerId, wish, isShared }: StockOperationOptions) {
    this.id = id;
    this.#clientName = clientName;
    this.viewerId = viewerId;
    this.wish = wish;
    this.isShared = isShared;
  }

  get label(): string {
    const { name, isFollowed, isListed } = this.wish;
    return `${this.#clientName} (${isFollowed ? 'followed' : isListed ? 'listed board' : (name ?? 'board')})`;
  }

  get request(): SubscribeRequest {
    return { ...this.wish, after: this.after };
  }

  /** What must not be shown again by whoever takes the slot now. */
  get told(): Versions {
    return this.#told ?? new Map<string, number>();
  }

  /** Whether the store has a place of it. */
  get hasPlace(): boolean {
    return this.#told !== null;
  }

  isTold(versions: Versions): boolean {
    return [...versions].every(([name, version]) => (this.#told?.get(name) ?? 0) >= version);
  }

  /** The store was told that the client has come so far. */
  tell(versions: Versions): void {
    this.#told ??= new Map();
    for (const [name, version] of versions)
      this.#told.set(name, Math.max(version, this.#told.get(name) ?? 0));
  }

  /** The store has a new slot: without a place, or with one of which nothing was shown yet. */
  beginPlace(versions: Versions | null): void {
    this.#told = versions && new Map(versions);
  }

  /** Its slot was deleted: whoever comes too late for it is told by nobody. */
  endPlace(): void {
    this.#told = null;
    this.latest = null;
  }

  loseStore(): void {
    this.losses += 1;
    this.#told = null;
    if (this.latest) this.latest.settled = new Map();
  }

  /** When the store was last told that somebody holds the slot, or has just left it. */
  get keptAt(): number {
    return this.#keptAt;
  }

  /** Since when nobody may have kept the place that the store has. */
  get placeKeptAt(): number {
    return this.#placeKeptAt;
  }

  /** The store was told so. */
  keep(at: number): void {
    this.#keptAt = at;
    this.#placeKeptAt = at;
  }

  copyPlace(): KeptPlace {
    return { told: this.#told && new Map(this.#told), keptAt: this.#placeKeptAt };
  }

  /** The store is as it was once; null where it had not heard of it. */
  rollBack(place: KeptPlace | null): void {
    this.losses += 1;
    this.#told = place?.told ? new Map(place.told) : null;
    this.#placeKeptAt = place?.keptAt ?? -Infinity;
  }

  /** Its stream begins where the record stands now, without a word. */
  beginAnew(counts: Iterable<Count>): void {
    this.shown.clear();
    for (const { name, version } of counts) this.known.set(name, version);
  }

  enter(): void {
    this.#hasStream = true;
    this.#hadStream = true;
    this.#leftAt = null;
  }

  /** Its connection is gone, at the one end or the other. */
  leave(at: number): void {
    if (this.#hasStream) this.#leftAt = at;
    this.#hasStream = false;
  }

  /** Whether a stream that begins now need not show what happened before: its client was not here within `ms`, or is new. */
  isOwedNothing(now: number, ms: number): boolean {
    return !this.#hadStream || now - Math.min(this.keptAt, this.#leftAt ?? Infinity) > ms;
  }

  /** It need not be shown what it may have missed: its place was lost, which it is told. */
  excuse(counts: Iterable<Count>): void {
    for (const { name, version } of counts) this.known.set(name, version);
  }

  /** It has read a list, behind which its stream begins. */
  beginAfter(cursor: string, counts: Iterable<Count>): void {
    this.after = cursor;
    for (const { name, version } of counts) this.known.set(name, version);
  }

  /** Whether it is up to date. */
  knows({ name, version }: Count): boolean {
    return (this.known.get(name) ?? 0) >= version;
  }

  /** Whether its stream has shown it. */
  wasShown({ name, version }: Count): boolean {
    return (this.shown.get(name) ?? 0) >= version;
  }

  describe(): string {
    return `${this.label}: ${[...this.known].map(([name, version]) => `${name}=${version}`).join(' ')}`;
  }

  /**
   * The client is shown something, which it follows since `followedSince`, if it does. Returns what is wrong with it.
   */
  take(holding: Holding, update: Update, followedSince: number | undefined): string | undefined {
    const { name, version, kind } = update;
    const before = holding.shown.get(name);
    const known = this.known.get(name);
    const shown = this.shown.get(name) ?? 0;
    holding.shown.set(name, version);
    this.shown.set(name, Math.max(shown, version));
    // An event may be shown again, of following as well: a client keeps what is newest.
    this.known.set(name, kind === 'SNAPSHOT' ? version : Math.max(known ?? 0, version));
    const isOnceMore = kind === 'FOLLOWED' && holding.takeFollowed(followedOf(update));
    if (isOnceMore) return `${version} again, as followed for time ${update.times}`;
    if (before !== undefined && version < before) return `${before} and then ${version}`;
    if (kind === 'SNAPSHOT')
      return version < shown ? `${shown} and then a snapshot with ${version}` : undefined;
    if (kind === 'FOLLOWED') return undefined;
    if (before === version) return `${version} again`;
    if (before === undefined && (holding.settled.get(name) ?? 0) >= version)
      return `${version} again, though the store was told that it has it`;
    // A process that has not heard yet of the end of following shows more than is owed: up to where it is followed again, if it is.
    if (this.wish.isFollowed && (followedSince === undefined || version <= followedSince)) return undefined;
    if (before === undefined && known === undefined) return `${version} before any state`;
    const last = before ?? known!;
    // What happened before they follow it again need not be shown.
    const isOwed = !this.wish.isFollowed || last + 1 > followedSince!;
    return version > last + 1 && isOwed ? `${version} behind ${last}: a gap that nobody told` : undefined;
  }
}
