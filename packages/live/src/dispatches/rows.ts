/** The rows of a list: of each dispatch the newest version, those that match and no others. */
import type { DispatchStatus, Prioridad } from '../generated/operations.ts';

/** What is known of every row, whatever else its fragment asks for. */
export interface DispatchRow {
  readonly id: string;
  readonly version: number;
  readonly estado: DispatchStatus;
  readonly prioridad: Prioridad;
  readonly fechaSolicitud: string;
}

export class Rows<R extends DispatchRow> {
  readonly #matches: (row: R) => boolean;
  readonly #byId = new Map<string, R>();
  /** The newest version of each row that was touched while a list is read: a page may bring an older one, also of a row that has left. */
  #touched: Map<string, number> | null = null;
  #sorted: readonly R[] | null = null;

  constructor(matches: (row: R) => boolean) {
    this.#matches = matches;
  }

  /** A list begins to be read. */
  begin(): void {
    this.#touched = new Map();
  }

  /** It has been read: what was neither in it nor changed meanwhile is there no more. */
  end(): void {
    const touched = this.#touched;
    this.#touched = null;
    if (!touched) return;
    for (const id of this.#byId.keys()) if (!touched.has(id)) this.#byId.delete(id);
    this.#sorted = null;
  }

  /** Takes a row, unless a newer version of it is known. Returns whether it was taken. */
  take(row: R): boolean {
    const { id, version } = row;
    const known = Math.max(this.#byId.get(id)?.version ?? 0, this.#touched?.get(id) ?? 0);
    this.#touched?.set(id, Math.max(version, known));
    if (version < known || (version === known && this.#byId.has(id))) return false;
    if (this.#matches(row)) this.#byId.set(id, row);
    else this.#byId.delete(id);
    this.#sorted = null;
    return true;
  }

  /** The most recently requested first. The same array until something changes. */
  list(): readonly R[] {
    this.#sorted ??= [...this.#byId.values()].sort(
      (a, b) =>
        compare(b.fechaSolicitud, a.fechaSolicitud) || b.id.length - a.id.length || compare(b.id, a.id),
    );
    return this.#sorted;
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
