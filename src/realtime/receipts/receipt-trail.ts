/** What one subscription has shown its client, piece by piece, and what the client has acknowledged of it. */
import type { Clock, WallTime } from '../../lib/clock.ts';
import type { Position } from '../../stores/event-log/event-log.ts';
import type { Answerer, OffsetRange, ReceiptStream, ReceiptTimes, ShownItems } from './receipt.ts';

/** Takes what was acknowledged. Never throws, never waits. */
export interface ReceiptSink {
  takeRange(stream: ReceiptStream, range: OffsetRange, times: ReceiptTimes): void;
  takeItems(stream: ReceiptStream, items: ShownItems, times: ReceiptTimes): void;
  /** So many ranges or items cannot be kept. */
  drop(count: number): void;
}

/** Pieces and pages that wait for an acknowledgement: of more, no receipt is made. A stream without holes has one piece. */
const maxWaiting = 1_000;

/**
 * A range has no hole: what was passed over because a snapshot had shown it in a newer version, or could not be read, and what a
 * snapshot stands for, ends one range and begins the next.
 *
 * There is one for each subscription, and all are asked every second: one whose range is open makes no object for that.
 */
export class ReceiptTrail {
  readonly stream: ReceiptStream;
  readonly #sink: ReceiptSink;
  readonly #clock: Pick<Clock, 'now'>;
  /** Where its subscriber is; it moves. What lies between `#from` and it is being shown. */
  #place: Readonly<Position> = { epoch: '', offset: 0 };
  #from = 0;
  /** What was shown before, and not acknowledged yet. */
  #ranges: OffsetRange[] | null = null;
  #pages: ShownItems[] | null = null;
  /** When the client was asked; null while it is not being asked. It was asked about all up to `#askedTo`, and so many of those. */
  #askedAt: WallTime | null = null;
  #askedTo = 0;
  #askedRanges = 0;
  #askedPages = 0;
  #isOver = false;

  constructor(stream: ReceiptStream, sink: ReceiptSink, clock: Pick<Clock, 'now'>) {
    this.stream = stream;
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Whether it has ended, and nothing of it waits for an acknowledgement. */
  get isDone(): boolean {
    return this.#isOver && this.#ranges === null && this.#pages === null;
  }

  /** The subscriber goes on from here, whatever lies between. */
  enter(place: Readonly<Position>): void {
    this.#place = place;
    this.#from = place.offset;
  }

  /** The subscriber is about to go on from elsewhere. */
  leave(): void {
    this.#close(this.#place.offset);
  }

  /** The event at this offset was not shown, though the stream may show it. */
  skip(offset: number): void {
    this.#close(offset - 1);
    this.#from = offset;
  }

  show(items: ShownItems): void {
    if (items.length === 0) return;
    this.#pages ??= [];
    if (this.#pages.length < maxWaiting) this.#pages.push(items);
    else this.#sink.drop(items.length);
  }

  /** The client is asked now whether it has everything that was sent so far; while it is being asked already, nothing changes. */
  ask(): void {
    if (this.#askedAt !== null) return;
    this.#askedAt = this.#clock.now();
    this.#askedTo = this.#isOver ? this.#from : this.#place.offset;
    this.#askedRanges = this.#ranges?.length ?? 0;
    this.#askedPages = this.#pages?.length ?? 0;
  }

  /** It has everything that was sent when it was asked. `by`: who says so; null where it may not have: it may yet say so. */
  acknowledge(by: Answerer | null): void {
    if (this.#isOver && (by === null || by === 'socket')) this.#ranges = this.#pages = null;
    if (by === null) return;
    const askedAt = this.#askedAt;
    this.#askedAt = null;
    if (by === 'socket' || askedAt === null) return;
    const { stream } = this;
    const { epoch } = this.#place;
    const isAhead = this.#askedTo > this.#from;
    if (!isAhead && this.#askedRanges === 0 && this.#askedPages === 0) return;
    const times = { sentAt: askedAt, acknowledgedAt: this.#clock.now(), by };
    for (const range of this.#ranges?.splice(0, this.#askedRanges) ?? [])
      this.#sink.takeRange(stream, range, times);
    for (const items of this.#pages?.splice(0, this.#askedPages) ?? [])
      this.#sink.takeItems(stream, items, times);
    if (this.#ranges?.length === 0) this.#ranges = null;
    if (this.#pages?.length === 0) this.#pages = null;
    if (!isAhead) return;
    this.#sink.takeRange(stream, { epoch, from: this.#from, to: this.#askedTo }, times);
    this.#from = this.#askedTo;
  }

  /** The subscription has ended; what was sent of it may still be acknowledged. */
  end(): void {
    if (this.#isOver) return;
    this.#close(this.#place.offset);
    this.#isOver = true;
  }

  /** What is being shown ends there. What the client was asked about is a range of its own: the rest is not acknowledged with it. */
  #close(to: number): void {
    if (this.#askedAt !== null) {
      if (this.#keep(Math.min(to, this.#askedTo))) this.#askedRanges += 1;
      // It was asked about nothing of what comes: in another log that may have lower offsets.
      this.#askedTo = 0;
    }
    this.#keep(to);
  }

  #keep(to: number): boolean {
    const from = this.#from;
    if (to <= from) return false;
    this.#from = to;
    this.#ranges ??= [];
    const hasRoom = this.#ranges.length < maxWaiting;
    if (hasRoom) this.#ranges.push({ epoch: this.#place.epoch, from, to });
    else this.#sink.drop(1);
    return hasRoom;
  }
}
