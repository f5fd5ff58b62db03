/** The table of receipts: written in batches, read by where an event stands. */
import type { CompiledQuery } from 'kysely';
import { z } from 'zod';
import type { Database } from '../../../db/database.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { ReceiptRow as StoredRow } from '../../../db/tables.ts';
import type { Receiver, ReceiptRow } from '../../../realtime/receipts/receipt.ts';
import { parseShownStream, type ShownStream } from './shown-stream.ts';

/** Rows of one statement. */
const rowsPerStatement = 500;
/** Rows that are read at once: those of an event are written within seconds, a few by each process. */
const maxRows = 10_000;

/** Points of one query. SQLite takes a thousand alternatives at the most. */
const pointsPerQuery = 100;

/** Where an event stands. */
export interface ReceiptPoint {
  readonly topic: string;
  readonly epoch: string;
  readonly block: number;
  readonly offset: number;
}

const transports = ['websocket', 'callback'] as const;
const receivers = ['client', 'gateway'] as const satisfies readonly Receiver[];

/** What everybody has in common who is in a row. */
export interface ReadRow extends Omit<ReceiptPoint, 'offset'> {
  readonly stream: ShownStream;
  readonly transport: (typeof transports)[number];
  readonly by: Receiver;
  readonly entries: readonly ReadEntry[];
}

/** Behind `from`, up to `to`. Dates in milliseconds since the Unix epoch. */
export interface ReadEntry {
  readonly viewerId: string;
  readonly from: number;
  readonly to: number;
  readonly sentAt: number;
  readonly acknowledgedAt: number;
}

export class ReceiptTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In one transaction. When it rejects, they may have been written all the same: to write them again does no harm. */
  async write(rows: readonly ReceiptRow[]): Promise<void> {
    await this.#database.query.transaction().execute(async (query) => {
      for (let start = 0; start < rows.length; start += rowsPerStatement) {
        const values = rows.slice(start, start + rowsPerStatement).map(toStored);
        await query.insertInto('receipts').values(values).execute();
      }
    });
  }

  /** The rows that have entries of these points. */
  async at(points: readonly ReceiptPoint[], signal?: AbortSignal): Promise<ReadRow[]> {
    const found = new Map<number, StoredRow>();
    for (let start = 0; start < points.length; start += pointsPerQuery) {
      const rows = this.#rowsAt(points.slice(start, start + pointsPerQuery));
      for (const row of await this.#database.read(rows, signal)) found.set(row.id, row);
    }
    const rows = [...found.values()];
    return this.#database.readable('receipts', rows, { idOf: ({ id }) => id, read: fromStored });
  }

  #rowsAt(points: readonly ReceiptPoint[]): CompiledQuery<StoredRow> {
    return this.#database.query
      .selectFrom('receipts')
      .selectAll()
      .where((row) =>
        row.or(
          points.map(({ topic, epoch, block, offset }) =>
            row.and([
              row.and({ topic, epoch, block }),
              row('from_offset', '<', offset),
              row('to_offset', '>=', offset),
            ]),
          ),
        ),
      )
      .limit(maxRows)
      .compile();
  }

  /** The blocks of a topic that have rows. */
  async blocks(topic: string, epoch: string, limit: number): Promise<number[]> {
    const rows = await this.#database.query
      .selectFrom('receipts')
      .select('block')
      .distinct()
      .where('topic', '=', topic)
      .where('epoch', '=', epoch)
      .orderBy('block', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ block }) => block);
  }
}

const toStored = ({ from, to, by, at, entries, ...same }: ReceiptRow) => ({
  ...same,
  from_offset: from,
  to_offset: to,
  acknowledged_by: by,
  at: storedDate(at),
  entries: JSON.stringify(entries),
});

const storedEntries = z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number()]));

function fromStored(row: StoredRow): ReadRow {
  const { topic, epoch, block, from_offset: first } = row;
  const at = Date.parse(row.at);
  return {
    ...{ topic, epoch, block },
    stream: parseShownStream(row.stream),
    transport: z.enum(transports).parse(row.transport),
    by: z.enum(receivers).parse(row.acknowledged_by),
    entries: storedEntries
      .parse(JSON.parse(row.entries))
      .map(([viewerId, from, to, sentAgoMs, acknowledgedAgoMs]) => ({
        ...{ viewerId, from: first + from, to: first + to },
        ...{ sentAt: at - sentAgoMs, acknowledgedAt: at - acknowledgedAgoMs },
      })),
  };
}
