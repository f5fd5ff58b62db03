/** Looks at dispatches when something about them is due, and raises what is an alert by then: once in the cluster, and late rather than never. */
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import { nextDueIn } from '../../db/queries/next-due.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { AssignmentRow } from '../../db/tables/assignments.ts';
import type { DispatchStatus, Prioridad } from '../../generated/resolvers.ts';
import type { Clock } from '../../lib/clock.ts';
import { DueWork, type WhichDue } from '../../lib/due-work.ts';
import { isKnownEstado, isKnownPrioridad } from '../../lib/words/statuses.ts';
import { logFailure } from '../../observability/log-failure.ts';
import type { Logger } from '../../observability/log.ts';
import { findOpen, type AlertBook, type Looked } from './alert-book.ts';
import { lastPositions, openAssignments, readDue, takeDue, type TakenWatch } from './due-watches.ts';
import { adoptWatches } from './watch-adoption.ts';

export interface AlertWatcherOptions {
  readonly database: Database;
  /** By which due dates are dated. */
  readonly clock: Clock;
  readonly book: AlertBook;
  /** Whether assignments have reached their crews, by the id of the assignment. */
  readonly deliveriesOf: (
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, { readonly state: 'DELIVERED' | 'UNKNOWN' | 'NOT_YET' }>>;
  readonly log: Logger;
}

/** So soon whoever lives sees what a process has left that died, milliseconds. */
const lookEveryMs = 1_000;
/** The same where nothing is an alert any more: what is left is to be cleared. */
const lookRarelyMs = 60_000;

const isKnown = ({ estado, prioridad }: TakenWatch['dispatch']): boolean =>
  isKnownEstado(estado) && isKnownPrioridad(prioridad);

/**
 * A process wakes for the next date there is; the transaction that raises has the dispatch locked, or passes over it where another
 * process has: so whoever dies at it leaves it to the others, as it was.
 */
export class AlertWatcher {
  readonly #options: AlertWatcherOptions;
  readonly #work: DueWork;
  #isAdopted = false;

  constructor(options: AlertWatcherOptions) {
    this.#options = options;
    const { clock, database, book, log } = options;
    this.#work = new DueWork({
      clock,
      doSome: (which, take) => this.#lookSome(which, take),
      nextDue: (without) => nextDueIn(database, 'alert_watches', without),
      lookEveryMs: book.isOn ? lookEveryMs : lookRarelyMs,
      onDue: (listener) => book.onDue(listener),
      onError: (err, burst) => logFailure(log, { err, ...burst }, 'alerts could not be looked for'),
    });
  }

  /** Raises what has become due while nobody was there, and from now on what becomes due. */
  start(): void {
    this.#work.start();
  }

  /** Finishes what is under way. */
  close(): Promise<void> {
    return this.#work.close();
  }

  /** Looks at some of what is due. Resolves with how many it has been at, which nobody else was. */
  lookNext(): Promise<number> {
    return this.#work.doNext();
  }

  async #lookSome({ only, without }: WhichDue, take: (ids: readonly number[]) => void): Promise<number> {
    const { database, clock, book } = this.#options;
    if (!this.#isAdopted) await adoptWatches(database, book, storedDate(clock.now()));
    this.#isAdopted = true;
    const now = storedDate(clock.now());
    const ids = only === null ? await readDue(database, now, without) : [only];
    if (ids.length === 0) return 0;
    const isDelivered = await this.#readDeliveries(ids);
    const taken = await database.change(async (change) => {
      const due = await takeDue(change, ids, now);
      take(due.map(({ dispatch }) => dispatch.id));
      await this.#look(change, due, isDelivered);
      return due;
    });
    const unreadable = taken.filter(({ dispatch }) => !isKnown(dispatch)).map(({ dispatch }) => dispatch.id);
    this.#work.passOver(unreadable, new Error(`Dispatch ${unreadable[0]} has words of a newer version.`));
    return taken.length;
  }

  /** Whether a client of the crew may have the assignment, by the id of the assignment. */
  async #readDeliveries(ids: readonly number[]): Promise<ReadonlyMap<number, boolean>> {
    const { database, deliveriesOf } = this.#options;
    const rows = await openAssignments(database, ids);
    const deliveries = await deliveriesOf([...rows.values()].map(({ id }) => String(id)));
    return new Map([...deliveries].map(([id, { state }]) => [Number(id), state !== 'NOT_YET']));
  }

  async #look(
    change: Change,
    due: readonly TakenWatch[],
    isDelivered: ReadonlyMap<number, boolean>,
  ): Promise<void> {
    const known = due.filter(({ dispatch }) => isKnown(dispatch));
    const ids = known.map(({ dispatch }) => dispatch.id);
    if (ids.length === 0) return;
    const [open, assignments, positions] = [
      Map.groupBy(await findOpen(change, ids), (alert) => alert.despacho_id),
      await openAssignments(change, ids),
      await lastPositions(change, ids),
    ];
    const looked = known.map((taken): Looked => {
      const { id } = taken.dispatch;
      const assignment = assignments.get(id);
      return {
        ...{ despachoId: id, watch: taken.watch, now: taken.now, open: open.get(id) ?? [] },
        facts: {
          ...factsOf(taken, assignment),
          lastPositionAt: positions.get(id) ?? null,
          mayBeDelivered: assignment && isDelivered.get(assignment.id),
        },
      };
    });
    await this.#options.book.settle(change, looked);
  }
}

/** A process of the release before this one changes dispatches, and no watch: then the status is as old as the change. */
function factsOf({ watch, dispatch }: TakenWatch, assignment: AssignmentRow | undefined) {
  return {
    estado: dispatch.estado as DispatchStatus,
    prioridad: dispatch.prioridad as Prioridad,
    ambulanciaId: dispatch.ambulancia_id,
    since: watch.estado === dispatch.estado ? watch.since : dispatch.fecha_actualizacion,
    assignment,
  };
}
