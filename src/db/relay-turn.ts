/** Whose turn it is to relay, among the processes of one PostgreSQL. */
import { sql, type Kysely } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { repeat } from '../lib/repeat.ts';
import { unrelayedEvents, type HandOver, type OutboxRow, type RelayMarks } from './database.ts';
import type { Tables } from './tables.ts';

/** After so long a turn that nobody has kept may be taken by another process, milliseconds. */
export const turnMs = 3_000;

/**
 * Turns have numbers that grow, also where the database is restored from a backup or fails over to a standby that was behind:
 * they are at least the time. Whoever receives what is relayed refuses that of a lower turn than it has seen; so whoever stood
 * still and comes back does no harm.
 *
 * No transaction is open during a turn: it would keep its connection, and a pooler's too, for as long as its process stands still.
 */
export class RelayTurns {
  readonly #query: Kysely<Tables>;

  constructor(query: Kysely<Tables>) {
    this.#query = query;
  }

  /** The number of the turn; null when another process has it, and undefined when there is nothing to relay. */
  async take(): Promise<number | null | undefined> {
    const { rows } = await sql<{ pending: boolean; turn: number | null }>`
      with outbox as (select exists (select 1 from events where relayed_at is null) as pending),
      taken as (
        update relay_turn set ${until},
          turn = greatest(turn + 1, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)
        from outbox where pending and (until is null or until <= clock_timestamp())
        returning turn
      )
      select pending, (select turn from taken) as turn from outbox`.execute(this.#query);
    const { pending, turn } = rows[0]!;
    return pending ? turn : undefined;
  }

  /**
   * The oldest events that are not relayed; none where another turn has begun. Whoever reads in an older one sees less than is left to
   * those who append after it: they would append once more, behind what comes of this, what the log has forgotten because of it.
   */
  readUnrelayed(turn: number, limit: number): Promise<OutboxRow[]> {
    const isOurs = sql<boolean>`exists (select 1 from relay_turn where turn = ${turn})`;
    return unrelayedEvents(this.#query, limit).where(isOurs).execute();
  }

  /** Keeps a turn that takes long. Does nothing when it has ended. */
  async keep(turn: number): Promise<void> {
    await sql`update relay_turn set ${until} where turn = ${turn} and until is not null`.execute(this.#query);
  }

  /** Marks what was relayed in this turn, and ends it. */
  async finish(turn: number, rows: readonly OutboxRow[], { at, positions }: RelayMarks): Promise<void> {
    const ids = rows.map(({ id }) => id);
    const texts = ids.map((id) => positions.get(id) ?? null);
    await sql`
      with marked as (
        update events set relayed_at = ${at}, positions = mark.positions
        from unnest(${ids}::bigint[], ${texts}::text[]) as mark (id, positions) where events.id = mark.id
      )
      update relay_turn set until = null where turn = ${turn}`.execute(this.#query);
  }

  /** Ends the turn; nothing was relayed, or nobody knows. */
  async giveUp(turn: number): Promise<void> {
    await sql`update relay_turn set until = null where turn = ${turn}`.execute(this.#query);
  }
}

const until = sql`until = clock_timestamp() + make_interval(secs => ${sql.lit(turnMs / 1_000)})`;

export interface RelayInTurnOptions {
  readonly turns: Pick<RelayTurns, 'take' | 'readUnrelayed' | 'keep' | 'finish' | 'giveUp'>;
  /** Events of a batch. */
  readonly limit: number;
  readonly handOver: HandOver;
  readonly clock: Clock;
}

/**
 * Hands over in a turn of this process. Resolves with the number of events; null when it is the turn of another process, or was by the
 * time at which this one had read what there is.
 */
export async function relayInTurn({
  turns,
  limit,
  handOver,
  clock,
}: RelayInTurnOptions): Promise<number | null> {
  const turn = await turns.take();
  if (turn === undefined) return 0;
  if (turn === null) return null;
  try {
    const rows = await turns.readUnrelayed(turn, limit);
    if (rows.length === 0) {
      await turns.giveUp(turn);
      return null;
    }
    const marks = await keeping(turns, turn, clock, () => handOver(rows, turn));
    await turns.finish(turn, rows, marks);
    return rows.length;
  } catch (error) {
    // Where this fails too, the turn ends by itself; the error that came first says why.
    await turns.giveUp(turn).catch(() => undefined);
    throw error;
  }
}

/** Keeps the turn for as long as `work` takes, and this process runs. */
async function keeping<T>(
  turns: Pick<RelayTurns, 'keep'>,
  turn: number,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  const stop = repeat({
    clock,
    everyMs: turnMs / 3,
    run: () => turns.keep(turn),
    // Then another process may take the turn, and what this one hands over is refused.
    onError: () => {},
  });
  try {
    return await work();
  } finally {
    await stop();
  }
}
