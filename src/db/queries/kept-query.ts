/** Queries whose SQL is made once: for a few rows, to make it takes longer than to run it. */
import type { CompiledQuery } from 'kysely';
import type { Database } from '../database.ts';

type Reader = Pick<Database, 'read'>;

/** A query of a few shapes, which differ in nothing but their parameters. */
export class KeptQuery<Row> {
  readonly #database: Reader;
  readonly #kept = new Map<string | number, CompiledQuery<Row>>();

  constructor(database: Reader) {
    this.#database = database;
  }

  /**
   * Runs it with these parameters, which must be all that it has, in their order. `compile` makes the query of this shape, and
   * is not called for one that is known. How many shapes there are is bounded by the caller. `signal`: see `Database.read`.
   */
  execute(
    shape: string | number,
    parameters: readonly unknown[],
    compile: () => CompiledQuery<Row>,
    signal?: AbortSignal,
  ): Promise<Row[]> {
    const kept = this.#kept.get(shape);
    if (kept) return this.#database.read({ ...kept, parameters }, signal);
    const compiled = compile();
    this.#kept.set(shape, compiled);
    return this.#database.read(compiled, signal);
  }
}

/** The SQL for more ids is made each time: it is long, and its making is little beside the reading. */
const mostKept = 100;

/** A query by ids: a shape for each number of them. */
export class IdQuery<Row> {
  readonly #database: Reader;
  readonly #compile: (ids: readonly number[]) => CompiledQuery<Row>;
  readonly #kept: KeptQuery<Row>;

  /** `compile`: makes the query for these ids, which must be all of its parameters, in their order. */
  constructor(database: Reader, compile: (ids: readonly number[]) => CompiledQuery<Row>) {
    this.#database = database;
    this.#compile = compile;
    this.#kept = new KeptQuery(database);
  }

  execute(ids: readonly number[]): Promise<Row[]> {
    return ids.length <= mostKept
      ? this.#kept.execute(ids.length, ids, () => this.#compile(ids))
      : this.#database.read(this.#compile(ids));
  }
}
