/** Makes rows of the record from what was acknowledged: all who were shown the same stream share them. */
import { msSince, type WallTime } from '../../lib/clock.ts';
import {
  blockOf,
  endOfBlock,
  snapshotEpoch,
  type OffsetRange,
  type ReceiptEntry,
  type ReceiptRow,
  type ReceiptStream,
  type ReceiptTimes,
} from './receipt.ts';

/** A range of a subscription's topic; or a version of something that a snapshot has shown, in the topic of its snapshots. */
export interface AcknowledgedRange extends OffsetRange, ReceiptTimes {
  readonly stream: ReceiptStream;
  readonly topic: string;
}

/** `at`: the date of the rows. */
export function rowsOf(acknowledged: readonly AcknowledgedRange[], at: WallTime): ReceiptRow[] {
  const rows = new Rows();
  for (const one of acknowledged) {
    const { epoch, from, to } = one;
    // Few versions are ever shown, and each is asked for by itself.
    if (epoch === snapshotEpoch) rows.add(one, to, from, to);
    else for (let start = from; start < to;) start = rows.addUpToBlock(one, start);
  }
  return rows.made(at);
}

/** What all who are in a row have in common, and each of them. */
interface Shared {
  readonly first: AcknowledgedRange;
  readonly block: number;
  from: number;
  to: number;
  readonly pieces: (readonly [one: AcknowledgedRange, from: number, to: number])[];
}

class Rows {
  readonly #rows = new Map<string, Shared>();

  /** Adds what lies behind `from` in its block, and returns where that ends. */
  addUpToBlock(one: AcknowledgedRange, from: number): number {
    const block = blockOf(from + 1);
    const end = Math.min(one.to, endOfBlock(block));
    this.add(one, block, from, end);
    return end;
  }

  add(one: AcknowledgedRange, block: number, from: number, to: number): void {
    const { transport, stream } = one.stream;
    const key = `${one.topic}\n${one.epoch}\n${block}\n${one.by}\n${transport}\n${stream}`;
    const row = this.#rows.get(key);
    if (!row) {
      this.#rows.set(key, { first: one, block, from, to, pieces: [[one, from, to]] });
      return;
    }
    row.from = Math.min(row.from, from);
    row.to = Math.max(row.to, to);
    row.pieces.push([one, from, to]);
  }

  made(at: WallTime): ReceiptRow[] {
    return [...this.#rows.values()].map(
      ({ first: { topic, epoch, by, stream }, block, from, to, pieces }) => ({
        ...{ topic, epoch, block, from, to, at, by },
        ...{ stream: stream.stream, transport: stream.transport },
        entries: pieces.map(([one, start, end]): ReceiptEntry => {
          const { sentAt, acknowledgedAt } = one;
          return [
            one.stream.viewerId,
            start - from,
            end - from,
            msSince(sentAt, at),
            msSince(acknowledgedAt, at),
          ];
        }),
      }),
    );
  }
}
