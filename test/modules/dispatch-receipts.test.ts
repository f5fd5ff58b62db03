/** Who was shown which version of a dispatch, as ranges in the record say it, judged by filter and by who followed what. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { Relay } from '../../src/db/relay.ts';
import { deleteOlder } from '../../src/db/retention.ts';
import { systemClock, type WallTime } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import {
  DispatchReceipts,
  type DispatchReceipt,
} from '../../src/modules/dispatch/receipts/dispatch-receipts.ts';
import { ReceiptTable } from '../../src/modules/dispatch/receipts/receipt-table.ts';
import { formatShownStream, type ShownStream } from '../../src/modules/dispatch/receipts/shown-stream.ts';
import { snapshotEpoch, snapshotTopic } from '../../src/realtime/receipts/receipt.ts';
import { rowsOf } from '../../src/realtime/receipts/receipt-rows.ts';
import type { OffsetRange, Receiver } from '../../src/realtime/receipts/receipt.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();
const board: ShownStream = { field: 'dispatchesUpdated', arguments: {} };
const followed: ShownStream = { field: 'followedDispatchUpdated', arguments: {} };
const one = (id: string): ShownStream => ({ field: 'dispatchUpdated', arguments: { id } });
const sentAt = Date.UTC(2026, 0, 1, 12) as WallTime;
const acknowledgedAt = Date.UTC(2026, 0, 1, 12, 0, 1) as WallTime;
const writtenAt = Date.UTC(2026, 0, 1, 12, 0, 2) as WallTime;
const dayMs = 86_400_000;

/** A record whose events are relayed, and what clients acknowledge of them. */
async function tRecord(database: Database) {
  const repositories = tRepositories(database);
  const eventLog = new EventLogMemory({
    clock: systemClock,
    bounds: { maxEvents: 10_000, maxAgeMs: dayMs },
  });
  const relay = new Relay({
    ...{ database, keptEvents: 1_000, clock: systemClock, pollMs: null },
    ...{ log: createLogger('silent'), metrics: createMetrics() },
    append: (requests) => eventLog.append(requests),
  });
  databases.cleanUp(() => relay.close().then(() => eventLog.close()));
  relay.start();
  const table = new ReceiptTable(database);
  const receipts = new DispatchReceipts(database);
  const position = (topic: string) => eventLog.position(topic);
  const untilRelayed = () =>
    until('all is relayed', async () => {
      const waiting = database.query.selectFrom('events').select('id').where('relayed_at', 'is', null);
      return (await waiting.executeTakeFirst()) === undefined;
    });
  const acknowledge = (
    viewerId: string,
    stream: ShownStream,
    topic: string,
    range: OffsetRange,
    by: Receiver = 'client',
  ) => {
    const whose = { viewerId, transport: 'websocket', topic, stream: formatShownStream(stream) };
    const times = { sentAt, acknowledgedAt, by };
    return table.write(rowsOf([{ stream: whose, topic, ...range, ...times }], writtenAt));
  };
  return {
    ...{ ...repositories, database, receipts, untilRelayed, acknowledge, position },
    /** A viewer was shown everything that the topic has now, from an offset on. */
    async acknowledgeAll(viewerId: string, stream: ShownStream, topic: string, from = 0) {
      await untilRelayed();
      const { epoch, offset: to } = await position(topic);
      await acknowledge(viewerId, stream, topic, { epoch, from, to });
      return to;
    },
    list: (despachoId: string, version: number | null = null, { limit = 50, offset = 0 } = {}) =>
      receipts.list({ despachoId, version, limit, offset }),
  };
}

/** Dispatch 1 in four versions, beside another dispatch. */
async function tMoved(database: Database) {
  const record = await tRecord(database);
  const { dispatches } = record;
  await dispatches.create(request, 'ana');
  await dispatches.create({ ...request, prioridad: 'BAJA' }, 'ana');
  await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
  await dispatches.updateStatus('1', 'EN_CAMINO', byAna);
  await dispatches.updateStatus('1', 'EN_SITIO', byAna);
  await record.untilRelayed();
  return record;
}

const shown = (receipts: readonly DispatchReceipt[]) =>
  receipts.map(({ viewerId, version, snapshot }) => `${viewerId} ${version}${snapshot ? ' as it was' : ''}`);

describe.each(databaseKinds)('receipts on %s', (kind) => {
  const tOpened = async () => tMoved(await databases.open(kind));

  test('find events by where each stands in its topics', async () => {
    const { database, position } = await tOpened();
    const rows = await database.query
      .selectFrom('events')
      .select(['topics', 'positions'])
      .orderBy('id')
      .execute();
    const topics = ['dispatch:1', 'dispatch:2', 'dispatches', 'assignment:A-7'];
    const [one, other, all, crew] = await Promise.all(topics.map(position));
    // The crew hears that it was assigned, and that it has accepted by leaving.
    const places = [
      [1, 1],
      [1, 2],
      [2, 3, 1],
      [3, 4, 2],
      [4, 5],
    ].map(([own, onBoard, ofCrew], index) => [
      [index === 1 ? other!.epoch : one!.epoch, own],
      [all!.epoch, onBoard],
      ...(ofCrew === undefined ? [] : [[crew!.epoch, ofCrew]]),
    ]);
    expect(rows.map(({ positions }) => JSON.parse(positions!) as unknown)).toEqual(places);
  });

  test('say of a version who was shown it, when, how, and who says so', async () => {
    const { acknowledgeAll, list } = await tOpened();
    await acknowledgeAll('luz', one('1'), 'dispatch:1');
    expect(await list('1', 3)).toEqual([
      {
        ...{ viewerId: 'luz', version: 3, snapshot: false },
        ...{ field: 'dispatchUpdated', arguments: { id: '1' } },
        ...{ sentAt: new Date(sentAt), acknowledgedAt: new Date(acknowledgedAt) },
        ...{ transport: 'WEBSOCKET', acknowledgedBy: 'CLIENT' },
      },
    ]);
    expect(shown(await list('1'))).toEqual(['luz 4', 'luz 3', 'luz 2', 'luz 1']);
    expect(await list('2')).toEqual([]);
    expect(await list('1', 5)).toEqual([]);
    for (const none of ['0', '99', 'one', '1 ']) expect(await list(none)).toEqual([]);
  });

  test('begin behind where a stream began, and end where its client has come to', async () => {
    const { acknowledge, acknowledgeAll, list, database } = await tOpened();
    const to = await acknowledgeAll('luz', one('1'), 'dispatch:1', 2);
    expect(to).toBe(4);
    const [row] = await database.query.selectFrom('receipts').select('epoch').execute();
    await acknowledge('eva', one('1'), 'dispatch:1', { epoch: row!.epoch, from: 1, to: 2 });
    await acknowledge('zoe', one('1'), 'dispatch:1', { epoch: 'another', from: 0, to: 4 });
    expect(shown(await list('1'))).toEqual(['luz 4', 'luz 3', 'eva 2']);
  });

  test('are judged by the filter of a board', async () => {
    const { acknowledgeAll, list } = await tOpened();
    const boards = {
      all: {},
      urgent: { prioridad: 'ALTA' },
      calm: { prioridad: 'BAJA' },
      assigned: { estado: 'ASIGNADO' },
      both: { estado: 'EN_SITIO', prioridad: 'BAJA' },
    } as const;
    for (const [viewer, filter] of Object.entries(boards))
      await acknowledgeAll(viewer, { ...board, arguments: filter }, 'dispatches');
    const of = async (version: number) => shown(await list('1', version)).sort();
    expect(await of(1)).toEqual(['all 1', 'urgent 1']);
    // It comes to such a board, and leaves it.
    expect(await of(2)).toEqual(['all 2', 'assigned 2', 'urgent 2']);
    expect(await of(3)).toEqual(['all 3', 'assigned 3', 'urgent 3']);
    expect(await of(4)).toEqual(['all 4', 'urgent 4']);
    expect(shown(await list('2')).sort()).toEqual(['all 1', 'calm 1']);
  });

  test('are judged by who followed the dispatch when it was changed', async () => {
    const record = await tRecord(await databases.open(kind));
    const { dispatches, follows, acknowledgeAll, list } = record;
    await dispatches.create(request, 'ana');
    await follows.follow('early', '1');
    await follows.follow('inconstant', '1');
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    await follows.unfollow('early', '1');
    await follows.unfollow('inconstant', '1');
    await dispatches.updateStatus('1', 'EN_CAMINO', byAna);
    await follows.follow('late', '1');
    await follows.follow('inconstant', '1');
    await dispatches.updateStatus('1', 'EN_SITIO', byAna);
    for (const viewer of ['early', 'inconstant', 'late', 'never'])
      await acknowledgeAll(viewer, followed, 'dispatches');
    expect(shown(await list('1')).sort()).toEqual([
      // Whoever begins to follow is shown how it is.
      ...['early 1 as it was', 'early 2', 'inconstant 1 as it was', 'inconstant 2'],
      ...['inconstant 3 as it was', 'inconstant 4', 'late 3 as it was', 'late 4'],
    ]);
  });

  test('are found of a dispatch that very many have begun to follow', async () => {
    const record = await tRecord(await databases.open(kind));
    const { dispatches, follows, acknowledgeAll, list } = record;
    await dispatches.create(request, 'ana');
    for (let number = 0; number < 250; number += 1) await follows.follow(`viewer-${number}`, '1');
    for (const viewer of ['viewer-0', 'viewer-249']) await acknowledgeAll(viewer, followed, 'dispatches');
    expect(shown(await list('1')).sort()).toEqual(['viewer-0 1 as it was', 'viewer-249 1 as it was']);
  });

  test('are read by an index, and no others than those of the event', async () => {
    const { acknowledgeAll, list, database } = await tOpened();
    await acknowledgeAll('luz', one('1'), 'dispatch:1');
    const rows = await database.query.selectFrom('receipts').selectAll().execute();
    const { id: _, ...row } = rows[0]!;
    for (let start = 0; start < 20_000; start += 1_000)
      await database.query
        .insertInto('receipts')
        .values(Array.from({ length: 1_000 }, (_, at) => ({ ...row, block: 1 + ((start + at) % 500) })))
        .execute();
    if (database.kind === 'postgres') await sql`analyze`.execute(database.query);
    const { rows: plan } = await sql<Record<string, unknown>>`
      ${sql.raw(database.kind === 'sqlite' ? 'explain query plan' : 'explain')}
      select * from receipts where topic = 'dispatch:1' and epoch = ${row.epoch} and block = 0
        and from_offset < 3 and to_offset >= 3`.execute(database.query);
    const text = plan.map((step) => String(step['detail'] ?? step['QUERY PLAN'])).join('\n');
    expect(text).toMatch(/receipts_by_block/);
    expect(shown(await list('1', 3))).toEqual(['luz 3']);
  });

  test('of snapshots have the version that was shown, also when the change is not known any more', async () => {
    const { acknowledge, list, database } = await tOpened();
    const topic = snapshotTopic('1');
    for (const [viewer, version] of [
      ['luz', 3],
      ['eva', 1],
    ] as const)
      await acknowledge(viewer, one('1'), topic, { epoch: snapshotEpoch, from: version - 1, to: version });
    await sql`delete from events`.execute(database.query);
    expect(shown(await list('1'))).toEqual(['luz 3 as it was', 'eva 1 as it was']);
    expect(shown(await list('1', 1))).toEqual(['eva 1 as it was']);
  });

  test('are listed page by page, the newest version first', async () => {
    const { acknowledgeAll, list } = await tOpened();
    for (const viewer of ['c', 'a', 'b']) await acknowledgeAll(viewer, one('1'), 'dispatch:1');
    const all = shown(await list('1'));
    expect(all.slice(0, 4)).toEqual(['a 4', 'b 4', 'c 4', 'a 3']);
    const pages = await Promise.all(
      [0, 5, 10, 15].map((offset) => list('1', null, { limit: 5, offset }).then(shown)),
    );
    expect(pages.flat()).toEqual(all);
  });

  test('that were written twice, since nobody knew whether they had been, are one', async () => {
    const { acknowledgeAll, list } = await tOpened();
    for (let time = 0; time < 2; time += 1) await acknowledgeAll('luz', one('1'), 'dispatch:1');
    expect(shown(await list('1', 3))).toEqual(['luz 3']);
  });

  test('say nothing of events that a process of the release before has relayed', async () => {
    const { acknowledgeAll, list, database } = await tOpened();
    await acknowledgeAll('luz', one('1'), 'dispatch:1');
    await sql`update events set positions = null where id = 3`.execute(database.query);
    expect(shown(await list('1'))).toEqual(['luz 4', 'luz 3', 'luz 1']);
  });

  test('that a newer version has written in words of its own are left out, and told of', async () => {
    const { acknowledgeAll, list, database } = await tOpened();
    await acknowledgeAll('luz', one('1'), 'dispatch:1');
    await acknowledgeAll('eva', board, 'dispatches');
    await sql`update receipts set transport = 'pigeon' where topic = 'dispatches'`.execute(database.query);
    const leftOut: string[] = [];
    database.onUnreadable(({ table, id }) => leftOut.push(`${table} ${id}`));
    expect(shown(await list('1', 3))).toEqual(['luz 3']);
    expect(leftOut).toEqual(['receipts 2']);
  });

  test('can have ids with any characters', async () => {
    const { acknowledgeAll, list } = await tOpened();
    const name = 'Ñandú "x"\\\n\u{1F691}';
    await acknowledgeAll(name, one('1'), 'dispatch:1');
    expect((await list('1', 3)).map(({ viewerId }) => viewerId)).toEqual([name]);
  });

  test('are deleted by their age', async () => {
    const { acknowledgeAll, list, database } = await tOpened();
    await acknowledgeAll('luz', one('1'), 'dispatch:1');
    expect(await deleteOlder(database, 'receipts', writtenAt - dayMs)).toBe(0);
    expect(shown(await list('1', 3))).toEqual(['luz 3']);
    expect(await deleteOlder(database, 'receipts', writtenAt + dayMs)).toBe(1);
    expect(await list('1', 3)).toEqual([]);
  });
});
