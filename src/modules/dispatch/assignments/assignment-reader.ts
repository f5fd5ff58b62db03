/** Reads assignments, and whether a client of the crew is known to have them. */
import type { Database } from '../../../db/database.ts';
import { queryByIds, readRowIds } from '../../../db/row-id.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedName } from '../../../db/stored-text.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ReceivedCursor } from '../../../realtime/cursors/cursor.ts';
import { blockOf, snapshotEpoch, snapshotTopic } from '../../../realtime/receipts/receipt.ts';
import { ReceiptTable, type ReadRow, type ReceiptPoint } from '../receipts/receipt-table.ts';
import { assignmentTopicKey, subjectOf } from './assignment.ts';
import { toAssignment, type AssignmentState } from './assignment-state.ts';
import { readTold, type ToldAt } from './told-events.ts';

/** Whether an assignment has reached its crew: a client says so itself; what a gateway has, a client may have or not. */
export interface Delivery {
  readonly deliveredAt: Date | null;
  readonly state: 'DELIVERED' | 'UNKNOWN' | 'NOT_YET';
}

const notYet: Delivery = { deliveredAt: null, state: 'NOT_YET' };

/** More than a crew has in the time for which a client is away. */
const maxEnded = 100;
/** Revisions that a snapshot may have shown an assignment in, of which the first are looked for. */
const maxRevisions = 50;

export class AssignmentReader {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #receipts: ReceiptTable;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#receipts = new ReceiptTable(database);
  }

  /** The newest one of each dispatch, by the id of the dispatch. */
  async newestOf(despachoIds: readonly string[]): Promise<ReadonlyMap<string, AssignmentState>> {
    const rows = await queryByIds(readRowIds(despachoIds), (some) =>
      this.#database.query
        .selectFrom('assignments')
        .selectAll()
        .where('id', 'in', (query) =>
          query
            .selectFrom('assignments')
            .select(({ fn }) => fn.max('id').as('id'))
            .where('despacho_id', 'in', some)
            .groupBy('despacho_id'),
        )
        .execute(),
    );
    return new Map(this.#readable(rows).map((assignment) => [assignment.despachoId, assignment]));
  }

  /** What the crew of an ambulance has to do, the oldest first. */
  async openOf(ambulanciaId: string): Promise<AssignmentState[]> {
    return this.#readable(await this.#openRows(ambulanciaId));
  }

  /** Of an ambulance, those that ended at `sinceMs` or later, the oldest first: the last hundred. */
  async endedSince(ambulanciaId: string, sinceMs: number): Promise<AssignmentState[]> {
    const rows = await this.#database.query
      .selectFrom('assignments')
      .selectAll()
      .where('ambulancia_id', '=', storedName(ambulanciaId))
      .where('ended_at', '>=', storedDate(Math.max(0, sinceMs)))
      .orderBy('ended_at', 'desc')
      .limit(maxEnded)
      .execute();
    return this.#readable(rows.sort((one, other) => one.id - other.id));
  }

  /** Whether assignments have reached their crews, by the id of the assignment. */
  async deliveriesOf(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Delivery>> {
    const rows = await queryByIds(readRowIds(ids), (some) =>
      this.#database.query.selectFrom('assignments').selectAll().where('id', 'in', some).execute(),
    );
    const open = rows.filter(({ delivered_at }) => delivered_at === null);
    signal?.throwIfAborted();
    const byKey = new Map((await this.#pointsOf(open)).map((point) => [keyOf(point), point]));
    const points = [...byKey.values()];
    const found = await this.#receipts.at(points, signal);
    const byAssignment = Map.groupBy(
      found.flatMap((row) => acknowledged(row, points)),
      ({ assignmentId }) => assignmentId,
    );
    return new Map(
      rows.map((row) => [String(row.id), deliveryOf(row, byAssignment.get(String(row.id)) ?? [])]),
    );
  }

  /**
   * A client of the crew has shown this cursor. That of a snapshot proves what the snapshot has shown, and that of an event everything up to
   * there; one that says no more than where the stream stood, as `streamPlaces` has them, proves nothing.
   */
  async proveBy(ambulanciaId: string, cursor: ReceivedCursor): Promise<void> {
    const rows = (await this.#openRows(ambulanciaId)).filter(({ delivered_at }) => delivered_at === null);
    if (rows.length === 0) return;
    const topic = assignmentTopicKey(ambulanciaId);
    const told = (await this.#toldOf(rows)).filter(
      (one) => one.topic === topic && one.epoch === cursor.epoch && one.offset <= cursor.offset,
    );
    const isOfEvent = told.some(({ offset, at }) => offset === cursor.offset && at === cursor.at);
    const isProven = ({ id }: AssignmentRow) =>
      cursor.snapshotVersions?.get(subjectOf({ id: String(id) })) !== undefined ||
      (isOfEvent && told.some((one) => one.assignmentId === String(id) && one.change === 'OFFERED'));
    const proven = rows.filter(isProven).map(({ id }) => id);
    if (proven.length === 0) return;
    await this.#database.query
      .updateTable('assignments')
      .set({ delivered_at: storedDate(this.#clock.now()) })
      .where('id', 'in', proven)
      .where('delivered_at', 'is', null)
      .execute();
  }

  #openRows(ambulanciaId: string): Promise<AssignmentRow[]> {
    return this.#database.query
      .selectFrom('assignments')
      .selectAll()
      .where('ambulancia_id', '=', storedName(ambulanciaId))
      .where('ended_at', 'is', null)
      .orderBy('id')
      .execute();
  }

  /** Where each was offered, and the snapshots that may have shown it. */
  async #pointsOf(rows: readonly AssignmentRow[]): Promise<AssignmentPoint[]> {
    const offered = (await this.#toldOf(rows)).filter(({ change }) => change === 'OFFERED');
    const ids = new Set(rows.map(({ id }) => String(id)));
    return [
      ...offered
        .filter(({ assignmentId }) => ids.has(assignmentId))
        .map((told) => ({ ...told, block: blockOf(told.offset) })),
      ...rows.flatMap(snapshotPoints),
    ];
  }

  #toldOf(rows: readonly AssignmentRow[]): Promise<ToldAt[]> {
    return readTold(
      this.#database,
      rows.map(({ despacho_id }) => despacho_id),
    );
  }

  #readable(rows: readonly AssignmentRow[]): AssignmentState[] {
    return this.#database.readable('assignments', rows, { idOf: ({ id }) => id, read: toAssignment });
  }
}

interface AssignmentPoint extends ReceiptPoint {
  readonly assignmentId: string;
}

function snapshotPoints({ id, revision }: AssignmentRow): AssignmentPoint[] {
  const assignmentId = String(id);
  const topic = snapshotTopic(subjectOf({ id: assignmentId }));
  return Array.from({ length: Math.min(revision, maxRevisions) }, (_, index) => ({
    ...{ assignmentId, topic, epoch: snapshotEpoch, block: index + 1, offset: index + 1 },
  }));
}

const keyOf = ({ topic, epoch, offset }: ReceiptPoint): string => `${topic}\n${epoch}\n${offset}`;

interface Acknowledged extends Pick<ReadRow, 'by'> {
  readonly assignmentId: string;
  readonly at: number;
}

/** What a row of receipts says of these points. */
const acknowledged = (row: ReadRow, points: readonly AssignmentPoint[]): Acknowledged[] =>
  points
    .filter(({ topic, epoch, block }) => topic === row.topic && epoch === row.epoch && block === row.block)
    .flatMap(({ assignmentId, offset }) =>
      row.entries
        .filter(({ from, to }) => from < offset && offset <= to)
        .map(({ acknowledgedAt }) => ({ assignmentId, at: acknowledgedAt, by: row.by })),
    );

function deliveryOf({ delivered_at }: AssignmentRow, receipts: readonly Acknowledged[]): Delivery {
  if (delivered_at !== null) return { deliveredAt: new Date(delivered_at), state: 'DELIVERED' };
  const byClient = receipts.filter(({ by }) => by === 'client').map(({ at }) => at);
  if (byClient.length > 0) return { deliveredAt: new Date(Math.min(...byClient)), state: 'DELIVERED' };
  return receipts.length > 0 ? { deliveredAt: null, state: 'UNKNOWN' } : notYet;
}
