/** Measures what receipts cost: time for each acknowledgement, and room in the database for what was delivered. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../../src/db/database.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { ReceiptTable } from '../../src/modules/dispatch/receipts/receipt-table.ts';
import { formatShownStream } from '../../src/modules/dispatch/receipts/shown-stream.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ReceiptKeeper } from '../../src/realtime/receipts/receipt-keeper.ts';
import { ManualClock } from '../../test/support/clock.ts';
import { openTestPostgres } from '../../test/support/open-postgres.ts';
import { tPostgres } from '../../test/support/postgres.ts';
import type { RowsListener } from './rows.ts';

/** How many watch, and what: all of them one topic, or each a topic of their own. */
interface Audience {
  readonly name: string;
  readonly viewers: number;
  readonly isShared: boolean;
  /** Events that each of them is shown from one acknowledgement to the next. */
  readonly events: number;
}

const audiences: readonly Audience[] = [
  { name: '1,000 boards, 50 events a second', viewers: 1_000, isShared: true, events: 50 },
  { name: '1,000 boards, an event a second', viewers: 1_000, isShared: true, events: 1 },
  {
    name: '1,000 dispatches with one watcher each, an event a second',
    viewers: 1_000,
    isShared: false,
    events: 1,
  },
];
/** Seconds in which all acknowledge. */
const rounds = 200;

interface Figures {
  readonly name: string;
  readonly kind: string;
  readonly microsInMemory: number;
  readonly microsInAll: number;
  readonly bytesPerDelivery: number;
}

/** Prints nothing; resolves with the table, Markdown. `scale` is the share of the seconds. */
export async function runReceipts(scale: number, { onStep }: RowsListener): Promise<string> {
  const figures: Figures[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-receipts-'));
  const postgres = await tPostgres();
  const seconds = Math.max(2, Math.round(rounds * scale));
  try {
    for (const [index, audience] of audiences.entries()) {
      const dataDir = join(folder, String(index));
      onStep(`SQLite: ${audience.name}`);
      figures.push(
        await measure(await openSqlite({ folder: dataDir }), audience, seconds, sizeOfFile(dataDir)),
      );
      const url = await postgres.createDatabase();
      onStep(`PostgreSQL: ${audience.name}`);
      const database = await openTestPostgres(url);
      figures.push(await measure(database, audience, seconds, sizeOfTable));
    }
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return format(figures);
}

async function measure(
  database: Database,
  audience: Audience,
  seconds: number,
  sizeOf: (database: Database) => Promise<number>,
): Promise<Figures> {
  const before = await sizeOf(database);
  const acknowledgements = audience.viewers * seconds;
  const microsInMemory = await acknowledgeAll(audience, seconds, () => Promise.resolve());
  const table = new ReceiptTable(database);
  const microsInAll = await acknowledgeAll(audience, seconds, (rows) => table.write(rows));
  const bytes = (await sizeOf(database)) - before;
  await database.close();
  return {
    ...{ name: audience.name, kind: database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL' },
    microsInMemory: microsInMemory / acknowledgements,
    microsInAll: microsInAll / acknowledgements,
    bytesPerDelivery: bytes / (acknowledgements * audience.events),
  };
}

/** Processor time of this process, microseconds. */
async function acknowledgeAll(
  { viewers, isShared, events }: Audience,
  seconds: number,
  write: (rows: Parameters<ReceiptTable['write']>[0]) => Promise<void>,
): Promise<number> {
  const clock = new ManualClock();
  const writing = { last: Promise.resolve() };
  const keeper = new ReceiptKeeper({
    ...{ clock, metrics: createMetrics(), log: pino({ level: 'silent' }), everyMs: 1_000 },
    write: (rows) => (writing.last = write(rows)),
  });
  const streams = Array.from({ length: viewers }, (_, number) => {
    const id = String(1_000 + number);
    const evidence = isShared
      ? { topic: 'dispatches', stream: formatShownStream({ field: 'dispatchesUpdated', arguments: {} }) }
      : {
          topic: `dispatch:${id}`,
          stream: formatShownStream({ field: 'dispatchUpdated', arguments: { id } }),
        };
    const trail = keeper.trailOf({ evidence }, { viewerId: `user-${id}`, transport: 'websocket' })!;
    const place = { epoch: 'aaaaaaaaaaaa', offset: 0 };
    trail.enter(place);
    return { trail, place };
  });
  const startedAt = process.cpuUsage();
  for (let second = 0; second < seconds; second += 1) {
    for (const { trail, place } of streams) {
      place.offset += events;
      trail.ask();
      trail.acknowledge('client');
    }
    await clock.advance(1_000);
    await writing.last;
    // The keeper waits for the next second from here on.
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  }
  await keeper.close();
  const { user, system } = process.cpuUsage(startedAt);
  return user + system;
}

const sizeOfFile = (dataDir: string) => async (database: Database) => {
  await sql`pragma wal_checkpoint(truncate)`.execute(database.query);
  return statSync(join(dataDir, 'dispatch.sqlite')).size;
};

async function sizeOfTable(database: Database): Promise<number> {
  const { rows } = await sql<{ bytes: string }>`select pg_total_relation_size('receipts') as bytes`.execute(
    database.query,
  );
  return Number(rows[0]!.bytes);
}

function format(figures: readonly Figures[]): string {
  return [
    '| who watches | database | an acknowledgement, in memory | with its share of the batch | a million deliveries |',
    '| --- | --- | ---: | ---: | ---: |',
    ...figures.map(
      ({ name, kind, microsInMemory, microsInAll, bytesPerDelivery }) =>
        `| ${name} | ${kind} | ${microsInMemory.toFixed(1)} µs | ${microsInAll.toFixed(1)} µs | ${bytesPerDelivery.toFixed(bytesPerDelivery < 10 ? 1 : 0)} MB |`,
    ),
  ].join('\n');
}
