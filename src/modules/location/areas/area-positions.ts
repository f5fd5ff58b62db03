/** Reads from the record which ambulances are where, and which have been in a box: the state with which the stream of an area begins. */
import type { Database } from '../../../db/database.ts';
import { queryByIds } from '../../../db/row-id.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { Box } from '../../../lib/areas/box.ts';
import { activeEstados, isEnded } from '../../../lib/words/statuses.ts';
import { toLatest } from '../row.ts';
import { newestPositions } from '../track.ts';
import type { Place } from './area-fix.ts';

export interface ReadPlace extends Place {
  /** Of the dispatch. */
  readonly version: number;
}

interface DispatchStatus {
  readonly id: number;
  readonly estado: string;
  readonly version: number;
}

export class AreaPositions {
  readonly #database: Database;
  #reading: Promise<readonly ReadPlace[]> | null = null;
  #next: Promise<readonly ReadPlace[]> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Of all dispatches that have not ended, as they are when it is called or later. Many areas are opened at once, as when a process
   * has ended: all who come while it is read share the next reading.
   */
  active(): Promise<readonly ReadPlace[]> {
    if (this.#reading === null) return this.#read();
    this.#next ??= this.#reading.then(
      () => this.#readNext(),
      () => this.#readNext(),
    );
    return this.#next;
  }

  /** Which have been in the box since then, or have ended since then. */
  async seenSince(box: Box, sinceMs: number): Promise<readonly string[]> {
    const since = storedDate(sinceMs);
    const { query } = this.#database;
    const { west, east } = box;
    const [passed, changed] = await Promise.all([
      query
        .selectFrom('locations')
        .select('despacho_id')
        .distinct()
        .where('at', '>=', since)
        .where('latitud', '>=', box.south)
        .where('latitud', '<=', box.north)
        .where((eb) => {
          const [behind, before] = [eb('longitud', '>=', west), eb('longitud', '<=', east)];
          return west > east ? eb.or([behind, before]) : eb.and([behind, before]);
        })
        .execute(),
      query
        .selectFrom('dispatches')
        .select(['id', 'estado'])
        .where('fecha_actualizacion', '>=', since)
        .execute(),
    ]);
    const ended = changed.filter(({ estado }) => isEnded(estado)).map(({ id }) => id);
    return [...new Set([...passed.map((row) => row.despacho_id), ...ended])].map(String);
  }

  #readNext(): Promise<readonly ReadPlace[]> {
    this.#next = null;
    return this.#read();
  }

  #read(): Promise<readonly ReadPlace[]> {
    const reading = this.#readActive().finally(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = reading;
    return reading;
  }

  async #readActive(): Promise<readonly ReadPlace[]> {
    const dispatches: DispatchStatus[] = await this.#database.query
      .selectFrom('dispatches')
      .select(['id', 'estado', 'version'])
      .where('estado', 'in', [...activeEstados])
      .execute();
    const byId = new Map(dispatches.map((row) => [String(row.id), row]));
    const latest = toLatest(
      await queryByIds([...byId.keys()], (ids) => newestPositions(this.#database, ids, 1)),
    );
    return [...latest].map(([despachoId, { sequence, location, timestamp }]) => {
      const { estado, version } = byId.get(despachoId)!;
      return { despachoId, sequence, estado, version, location, timestamp };
    });
  }
}
