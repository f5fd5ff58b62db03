/** What one subscription has shown its client, piece by piece, and what the client has acknowledged of it. */
import type { Clock, WallTime } from '../../lib/clock.ts';
import type { Position } from '../../stores/event-log/event-log.ts';
import type { OffsetRange, Receiver, ReceiptStream, ReceiptTimes, ShownItems } from './receipt.ts';

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
 */
export class ReceiptTrail {
  readonly stream: ReceiptStream;
  readonly #sink: ReceiptSink;
  readonly #clock: Pick<Clock, 'now'>;
  /** Where its subscriber is; it moves. */
  #place: Readonly<Position> = { epoch: '', offset: 0 };
  /** Where the piece begins that is being shown. */
  #from = 0;
  #ranges: OffsetRange[] = [];
  #pages: ShownItems[] = [];
  /** How many of them were there when the client was asked, and when that was. */
  #asked: { readonly ranges: number; readonly pages: number; readonly at: WallTime } | null = null;
  #isOver = false;

  constructor(stream: ReceiptStream, sink: ReceiptSink, clock: Pick<Clock, 'now'>) {
    this.stream = stream;
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Whether it has ended, and nothing of it waits for an acknowledgement. */
  get isDone(): boolean {
    return this.#isOver && this.#ranges.length === 0 && this.#pages.length === 0;
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
    if (this.#pages.length < maxWaiting) this.#pages.push(items);
    else this.#sink.drop(items.length);
  }

  /** The client is asked now whether it has everything that was sent so far; while it is being asked already, nothing changes. */
  ask(): void {
    if (!this.#isOver) this.#close(this.#place.offset);
    this.#asked ??= { ranges: this.#ranges.length, pages: this.#pages.length, at: this.#clock.now() };
  }

  /** It has everything that was sent when it was asked. `by`: who says so; null where that is no proof. */
  acknowledge(by: Receiver | null): void {
    const asked = this.#asked;
    this.#asked = null;
    if (by === null && this.#isOver) this.#ranges = this.#pages = [];
    if (by === null || asked === null) return;
    const times = { sentAt: asked.at, acknowledgedAt: this.#clock.now(), by };
    for (const range of this.#ranges.splice(0, asked.ranges)) this.#sink.takeRange(this.stream, range, times);
    for (const items of this.#pages.splice(0, asked.pages)) this.#sink.takeItems(this.stream, items, times);
  }

  /** The subscription has ended; what was sent of it may still be acknowledged. */
  end(): void {
    if (this.#isOver) return;
    this.#close(this.#place.offset);
    this.#isOver = true;
  }

  #close(to: number): void {
    const { epoch } = this.#place;
    const from = this.#from;
    if (to <= from) return;
    this.#from = to;
    const last = this.#ranges.at(-1);
    const isOpen = last !== undefined && this.#ranges.length > (this.#asked?.ranges ?? 0);
    if (isOpen && last.epoch === epoch && last.to === from)
      this.#ranges[this.#ranges.length - 1] = { ...last, to };
    else if (this.#ranges.length < maxWaiting) this.#ranges.push({ epoch, from, to });
    else this.#sink.drop(1);
  }
}
