/** Who was shown which version of a dispatch: finds its events in the ranges of receipts, and judges whether the streams showed them. */
import type { Database } from '../../../db/database.ts';
import { readRowId } from '../../../db/row-id.ts';
import { storedName } from '../../../db/stored-text.ts';
import type { ReceiptReceiver, ReceiptTransport } from '../../../generated/resolvers.ts';
import { blockOf, snapshotEpoch, snapshotTopic } from '../../../realtime/receipts/receipt.ts';
import { DispatchHistory, type Place, type PlacedEvent } from './dispatch-history.ts';
import { ReceiptTable, type ReadEntry, type ReadRow, type ReceiptPoint } from './receipt-table.ts';
import { showsChange, showsFollow, type ShownStream } from './shown-stream.ts';

/** A viewer was shown a version of a dispatch, and said so. */
export interface DispatchReceipt {
  readonly viewerId: string;
  readonly version: number;
  /** Whether it was shown as a state, and not as the change that led to it. */
  readonly snapshot: boolean;
  readonly field: ShownStream['field'];
  readonly arguments: ShownStream['arguments'];
  /** At the latest. */
  readonly sentAt: Date;
  readonly acknowledgedAt: Date;
  readonly transport: ReceiptTransport;
  readonly acknowledgedBy: ReceiptReceiver;
}

/** Which receipts are looked for. */
export interface ReceiptFilter {
  readonly despachoId: string;
  /** Null for all of them. */
  readonly version: number | null;
}

export interface ReceiptRequest extends ReceiptFilter {
  readonly limit: number;
  readonly offset: number;
}

/** Versions whose receipts are looked for at once: many may have been shown each. */
const versionsAtOnce = 5;
/** Newest versions that snapshots have shown which are looked at. */
const maxSnapshotVersions = 500;

/** Something that may have been shown: where it stands, and to whom the streams showed it that came past there. */
interface Showing extends ReceiptPoint {
  readonly version: number;
  readonly isSnapshot: boolean;
  readonly isShown: (stream: ShownStream, viewerId: string) => boolean;
}

export class DispatchReceipts {
  readonly #database: Database;
  readonly #table: ReceiptTable;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new ReceiptTable(database);
  }

  /** The newest version first; of each, who acknowledged it first. */
  async list(
    { despachoId, version, limit, offset }: ReceiptRequest,
    signal?: AbortSignal,
  ): Promise<DispatchReceipt[]> {
    const rowId = readRowId(despachoId);
    if (rowId === undefined) return [];
    const byVersion = Map.groupBy(await this.#showings(rowId), (showing) => showing.version);
    const versions = [...byVersion.keys()]
      .filter((one) => version === null || one === version)
      .sort((one, other) => other - one);
    const found: DispatchReceipt[] = [];
    for (let at = 0; at < versions.length && found.length < offset + limit; at += versionsAtOnce) {
      const some = versions.slice(at, at + versionsAtOnce).flatMap((one) => byVersion.get(one)!);
      found.push(...receiptsIn(await this.#table.at(some, signal), some));
    }
    return found.slice(offset, offset + limit);
  }

  /** All that may have been shown of a dispatch. */
  async #showings(rowId: number): Promise<Showing[]> {
    const history = new DispatchHistory(this.#database, rowId);
    const topic = snapshotTopic(String(rowId));
    const [changes, follows, versions] = await Promise.all([
      history.changes(),
      history.follows(),
      this.#table.blocks(topic, snapshotEpoch, maxSnapshotVersions),
    ]);
    return [
      ...changes.flatMap((change) =>
        showingsOf(change, (stream, viewerId) =>
          showsChange(stream, change.event, () => follows.followedAt(viewerId, change)),
        ),
      ),
      ...follows.begun.flatMap((begun) => {
        const isShown: Showing['isShown'] = (stream, viewerId) =>
          showsFollow(stream) && storedName(viewerId) === begun.viewerId;
        return showingsOf(begun, isShown).map((showing) => ({ ...showing, isSnapshot: true }));
      }),
      ...versions.map((version) => ({
        ...{ topic, epoch: snapshotEpoch, block: version, offset: version, version },
        ...{ isSnapshot: true, isShown: () => true },
      })),
    ];
  }
}

const showingsOf = ({ version, places }: PlacedEvent, isShown: Showing['isShown']): Showing[] =>
  places.map((place: Place) => ({
    ...{ ...place, block: blockOf(place.offset) },
    ...{ version, isSnapshot: false, isShown },
  }));

function receiptsIn(rows: readonly ReadRow[], showings: readonly Showing[]): DispatchReceipt[] {
  const receipts = new Map<string, DispatchReceipt>();
  for (const row of rows) {
    const here = showings.filter(
      ({ topic, epoch, block }) => topic === row.topic && epoch === row.epoch && block === row.block,
    );
    for (const showing of here)
      for (const entry of row.entries) {
        if (showing.offset <= entry.from || showing.offset > entry.to) continue;
        if (!showing.isShown(row.stream, entry.viewerId)) continue;
        const receipt = receiptOf(row, entry, showing);
        // A batch whose outcome was not known is written twice.
        receipts.set(JSON.stringify(receipt), receipt);
      }
  }
  return [...receipts.values()].sort(
    (one, other) =>
      other.version - one.version ||
      one.acknowledgedAt.getTime() - other.acknowledgedAt.getTime() ||
      (one.viewerId < other.viewerId ? -1 : 1),
  );
}

function receiptOf({ stream, transport, by }: ReadRow, entry: ReadEntry, showing: Showing): DispatchReceipt {
  return {
    ...{ viewerId: entry.viewerId, version: showing.version, snapshot: showing.isSnapshot },
    ...{ field: stream.field, arguments: stream.arguments },
    sentAt: new Date(entry.sentAt),
    acknowledgedAt: new Date(entry.acknowledgedAt),
    transport: transport === 'websocket' ? 'WEBSOCKET' : 'CALLBACK',
    acknowledgedBy: by === 'client' ? 'CLIENT' : 'GATEWAY',
  };
}
