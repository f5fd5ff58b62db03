/** Positions in our own database. */
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { DispatchRow } from '../../db/tables.ts';
import { notFound } from '../../lib/errors.ts';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { Clock } from '../../lib/clock.ts';
import type { AlertWatch } from '../alert-watch.ts';
import type { LocationState } from './events.ts';
import type {
  LocationRepository,
  NewLocation,
  ReportOutcome,
  StoredLocation,
  ReportOptions,
} from './location-repository.ts';
import { assertMayReport, keptWhole, toLatest, toStored, toTracks } from './row.ts';
import { findSame, newestPositions, storePosition } from './track.ts';

export interface SqlLocationRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  /** Told of each new position of a dispatch. */
  readonly alerts: AlertWatch;
}

export class SqlLocationRepository implements LocationRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: MutationKeys;
  readonly #alerts: AlertWatch;

  constructor({ database, clock, keys, alerts }: SqlLocationRepositoryOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
    this.#alerts = alerts;
  }

  async report(
    despachoId: string,
    input: NewLocation,
    { actorId, onlyAmbulanciaId, onOutcome, key = null }: ReportOptions,
  ): Promise<StoredLocation> {
    let outcome: ReportOutcome | undefined;
    const run = async (change: Change): Promise<StoredLocation> => {
      const { id } = await lockForReport(change, despachoId, onlyAmbulanciaId);
      const same = await findSame(change.query, id, input);
      outcome = 'repeated';
      if (same) return toStored(same);
      const stored = await storePosition(
        change,
        id,
        { ...input, isDated: input.recordedAt !== null, upstreamAt: null },
        { actorId, of: 'newest and trail', alerts: this.#alerts, now: storedDate(this.#clock.now()) },
      );
      outcome = stored.outcome;
      return toStored(stored.row);
    };
    const stored = await this.#keys.change(key, { run, ...keptWhole });
    if (outcome) onOutcome?.(outcome);
    return stored;
  }

  async latest(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, StoredLocation>> {
    return toLatest(await newestPositions(this.#database, ids, 1, signal));
  }

  async track(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LocationState[]>> {
    return toTracks(await newestPositions(this.#database, ids, limit, signal));
  }
}

async function lockForReport(
  change: Change,
  id: string,
  onlyAmbulanciaId: string | null,
): Promise<DispatchRow> {
  const rowId = readRowId(id);
  const row = rowId === undefined ? undefined : await change.lockDispatch(rowId);
  if (!row) throw notFound('dispatch', id);
  const { estado, fecha_finalizacion, ambulancia_id } = row;
  assertMayReport(
    {
      estado,
      fechaFinalizacion: fecha_finalizacion,
      ambulancia: { id: ambulancia_id && oneSpelling(ambulancia_id) },
    },
    onlyAmbulanciaId,
  );
  return row;
}
