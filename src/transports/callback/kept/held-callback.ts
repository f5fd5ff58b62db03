/** A subscription by callback as this process holds it: where its stream is, and until when nobody else may have it. */
import type { Place, Resumption, ResumptionRequest, StreamPosition } from '../../../realtime/resumption.ts';
import { formatPosition, parsePosition } from '../../../realtime/slots/position-text.ts';
import type { CallbackEntry, CallbackWrite, TakenCallback } from '../../../stores/callbacks/callbacks.ts';
import type { CallbackKeeper } from './keeper.ts';

/** Who sends its messages. */
export interface CallbackHolder {
  /** Somebody else has it: nothing more may be sent. */
  replaced(): void;
  /** It is not kept any more. It is kept again once the router has shown that it waits for it. */
  doubted(): void;
}

/**
 * - `away`: it is not kept yet, since the store was away.
 * - `held`: it is kept.
 * - `doubted`: it was kept, and is not there any more.
 * - `unkept`: it is not to be kept, for want of room. It lives as long as this process.
 * - `over`: it was replaced, left or ended.
 */
type State = 'away' | 'held' | 'doubted' | 'unkept' | 'over';

export interface HeldCallbackOptions extends Pick<
  CallbackEntry,
  'name' | 'generation' | 'data' | 'leaseMs' | 'keepMs'
> {
  readonly viewerId: string;
  /** Of one that somebody else has left: what its router has taken, as it was kept. */
  readonly taken?: Pick<TakenCallback, 'position'>;
}

/** How long the answer of the store counts at the least, milliseconds. One that is later than a second is none. */
const leastMs = 100;

export class HeldCallback implements Resumption {
  readonly name: string;
  readonly viewerId: string;
  /** Of what is kept of it. */
  readonly bytes: number;
  generation: string;
  readonly leaseMs: number;
  state: State = 'away';
  /** Until when nobody else takes it, by `Clock.elapsed`. */
  heldUntil = 0;
  /** Null before somebody sends its messages. */
  holder: CallbackHolder | null = null;
  readonly #keeper: CallbackKeeper;
  readonly #keepMs: number;
  readonly #place: Place | null;
  #data: string;
  #acknowledged: StreamPosition | null = null;
  /** Where it began, or was when it was taken, as the store has it. */
  #base: string | null = null;
  /** Whether the store does not know `#acknowledged` yet. */
  #isNew = false;
  /** Whether a position was written since it is ours, or is just being written. */
  #isTold = false;

  constructor(keeper: CallbackKeeper, options: HeldCallbackOptions) {
    const { name, viewerId, generation, data, leaseMs, keepMs, taken } = options;
    this.name = name;
    this.viewerId = viewerId;
    this.bytes = Buffer.byteLength(data);
    this.generation = generation;
    this.leaseMs = leaseMs;
    this.#keeper = keeper;
    this.#keepMs = keepMs;
    this.#data = data;
    const position = taken?.position ?? null;
    this.#base = position;
    this.#place = taken === undefined ? null : position === null ? 'unknown' : parsePosition(position);
  }

  async find({ begin }: ResumptionRequest): Promise<Place | null> {
    if (begin) this.#base ??= formatPosition({ snapshotVersions: null, ...begin });
    return this.#place;
  }

  /** The store has said that it is ours, and was asked at `askedAt`. Where its answer is as late as the lease is long, that lets a message through. */
  renew(askedAt: number, now: number): void {
    this.heldUntil = Math.max(askedAt + this.leaseMs, now + leastMs);
  }

  get hasMoved(): boolean {
    return this.#isNew;
  }

  /** Whether the store was told of a place where the stream can go on. */
  get hasPlace(): boolean {
    return this.#isTold || this.#base !== null;
  }

  /** The router has taken everything up to here. */
  acknowledge(position: StreamPosition): void {
    this.#acknowledged = position;
    this.#isNew = true;
  }

  /** It is not kept: what would be is freed. */
  giveUp(): void {
    this.state = 'unkept';
    this.#data = '';
  }

  /** The router has shown that it waits. */
  noteTaken(): void {
    if (this.state === 'doubted') this.#keeper.restore(this);
  }

  /** Whether the next message may be sent now: nobody else can have taken it, or nobody can say so. */
  get mayPost(): boolean {
    return this.#keeper.mayPost(this);
  }

  /** Resolves with whether the next message may be sent: asks the store where that is not sure. Never rejects. */
  confirm(): Promise<boolean> {
    return this.#keeper.confirm(this);
  }

  /** Leaves it to whoever takes it. Resolves when that is known, or cannot be told now. */
  release(): Promise<void> {
    return this.#keeper.release(this);
  }

  /** It has ended: nobody goes on with it. */
  end(): void {
    this.#keeper.end(this);
  }

  toEntry(): CallbackEntry {
    const { name, generation, leaseMs } = this;
    this.#isNew = false;
    const [data, keepMs] = [this.#data, this.#keepMs];
    return { ...{ name, data, leaseMs, keepMs }, generation, position: this.#text() };
  }

  /** A write with the position, if the store does not know it. */
  toWrite(act: CallbackWrite['act']): CallbackWrite {
    const position = this.#isNew ? this.#text() : null;
    this.#isNew = false;
    this.#isTold ||= position !== null;
    return { name: this.name, generation: this.generation, act, position };
  }

  /** What was to be written was not. */
  requeue(): void {
    this.#isNew = this.#acknowledged !== null;
  }

  #text(): string | null {
    return this.#acknowledged ? formatPosition(this.#acknowledged) : this.#base;
  }
}
