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
export interface AcknowledgedRange {
  readonly stream: ReceiptStream;
  readonly topic: string;
  readonly range: OffsetRange;
  readonly times: ReceiptTimes;
}

interface InBlock extends AcknowledgedRange {
  readonly block: number;
}

/** `at`: the date of the rows. */
export function rowsOf(acknowledged: readonly AcknowledgedRange[], at: WallTime): ReceiptRow[] {
  const rows = Map.groupBy(acknowledged.flatMap(inBlocks), ({ stream, topic, range, times, block }) =>
    [topic, range.epoch, block, times.by, stream.transport, stream.stream].join('\n'),
  );
  return [...rows.values()].map((shared) => rowOf(shared, at));
}

function rowOf(shared: readonly InBlock[], at: WallTime): ReceiptRow {
  const { stream, topic, range, times, block } = shared[0]!;
  let [first, last] = [range.from, range.to];
  for (const { range: one } of shared) {
    first = Math.min(first, one.from);
    last = Math.max(last, one.to);
  }
  return {
    ...{ topic, epoch: range.epoch, block, from: first, to: last, at },
    ...{ stream: stream.stream, transport: stream.transport, by: times.by },
    entries: shared.map(
      ({ stream: { viewerId }, range: { from, to }, times: { sentAt, acknowledgedAt } }) => {
        const entry: ReceiptEntry = [
          ...([viewerId, from - first, to - first] as const),
          ...([msSince(sentAt, at), msSince(acknowledgedAt, at)] as const),
        ];
        return entry;
      },
    ),
  };
}

function inBlocks(acknowledged: AcknowledgedRange): InBlock[] {
  const { epoch, to } = acknowledged.range;
  // Few versions are ever shown, and each is asked for by itself.
  if (epoch === snapshotEpoch) return [{ ...acknowledged, block: to }];
  const pieces: InBlock[] = [];
  for (let { from } = acknowledged.range; from < to;) {
    const block = blockOf(from + 1);
    const end = Math.min(to, endOfBlock(block));
    pieces.push({ ...acknowledged, range: { epoch, from, to: end }, block });
    from = end;
  }
  return pieces;
}
