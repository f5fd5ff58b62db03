/** What a receipt says: of which stream who has acknowledged what, and when. */
import type { WallTime } from '../../lib/clock.ts';

/** A client, or a gateway in front of one: what becomes of it behind the gateway is not known here. */
export type Receiver = 'client' | 'gateway';

/** Who says that everything has arrived: `socket` where the connection below does, which is no receipt. */
export type Answerer = Receiver | 'socket';

/** Of a stream whose receipts are kept: what it shows of a topic. */
export interface Evidence {
  readonly topic: string;
  /** By what the stream judges the events of its topic, as text: whoever asks later judges them by it again. */
  readonly stream: string;
}

/** Whose stream it is. */
export interface ReceiptStream extends Evidence {
  readonly viewerId: string;
  /** The name of the transport. */
  readonly transport: string;
}

/** Behind `from`, up to `to`, of one log: everything that the stream shows of it was shown. */
export interface OffsetRange {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** What a page of a snapshot has shown, in which versions. */
export type ShownItems = readonly (readonly [subject: string, version: number])[];

/** When it was sent, and acknowledged, at the latest. */
export interface ReceiptTimes {
  readonly sentAt: WallTime;
  readonly acknowledgedAt: WallTime;
  readonly by: Receiver;
}

/** A row of the record: what was acknowledged of one block of offsets, in one batch, by all who had the same stream. */
export interface ReceiptRow {
  readonly topic: string;
  readonly epoch: string;
  readonly block: number;
  readonly from: number;
  readonly to: number;
  readonly stream: string;
  readonly transport: string;
  readonly by: Receiver;
  /** When the batch was made, milliseconds since the Unix epoch. */
  readonly at: WallTime;
  readonly entries: readonly ReceiptEntry[];
}

/** A viewer; the range, counted from the row's `from`; how long before the row's date it was sent and acknowledged, milliseconds. */
export type ReceiptEntry = readonly [
  viewerId: string,
  from: number,
  to: number,
  sentAgoMs: number,
  acknowledgedAgoMs: number,
];

/** Offsets of a block: by it a row is found, so that no range, however long, is of more than one. */
const blockSize = 1_000;

export const blockOf = (offset: number): number => Math.floor(offset / blockSize);

/** The last offset of a block. */
export const endOfBlock = (block: number): number => (block + 1) * blockSize - 1;

/** The topic in which receipts of snapshots of a subject stand, with its versions for offsets. There is no log of it. */
export const snapshotTopic = (subject: string): string => `snapshot:${subject}`;
export const snapshotEpoch = '';
