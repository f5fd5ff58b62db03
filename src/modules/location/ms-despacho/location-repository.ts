/** Positions of dispatches that live in MS Despacho: reported there, and stored here as far as this service learns of them. */
import type { Database } from '../../../db/database.ts';
import type { MutationKeys } from '../../../db/mutations/mutation-keys.ts';
import type { RemoteMutations, Send } from '../../../db/mutations/remote-mutations.ts';
import { storedDate } from '../../../db/stored-date.ts';
import type { LocationRow } from '../../../db/tables.ts';
import { notFound } from '../../../lib/errors.ts';
import type { MutationKey } from '../../../lib/mutation-key.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import { surelyDidNotHappen } from '../../../upstreams/failure.ts';
import type { MsDespacho } from '../../../upstreams/ms-despacho.ts';
import type { AlertWatch } from '../../alert-watch.ts';
import type { LocationState } from '../events.ts';
import type {
  LocationRepository,
  NewLocation,
  StoredLocation,
  ReportOptions,
} from '../location-repository.ts';
import { assertMayReport, keptWhole, toLatest, toStored, toTracks, type ReportedDispatch } from '../row.ts';
import { findSame, newestPositions, storePosition } from '../track.ts';
import type { PendingPosition, PendingPositions } from './pending-positions.ts';

export interface MsDespachoLocationRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly client: MsDespacho;
  readonly mutations: RemoteMutations;
  readonly keys: MutationKeys;
  readonly pending: PendingPositions;
  readonly log: Logger;
  readonly alerts: AlertWatch;
  /** Reads a dispatch in full, with its track, which is stored then (see `TrackIngest`). */
  readonly readTrack: (id: string) => Promise<unknown>;
  /** The dispatch as it was last published, or else as MS Despacho has it; null when there is none. */
  readonly readDispatch: (id: string) => Promise<ReportedDispatch | null>;
}

/** Of a longer track only the newest positions are looked through. */
const maxTrackPoints = 1_000;

/**
 * MS Despacho shows the track of one dispatch at a time, which is too slow for lists. So positions are read from our own
 * database, which has what was reported through this service, the tracks of dispatches that were read in full, and where
 * the poller saw the ambulances.
 *
 * MS Despacho dates positions itself, to the second, and has no field for the course: what the device said of both is stored here only.
 */
export class MsDespachoLocationRepository implements LocationRepository {
  readonly #options: MsDespachoLocationRepositoryOptions;

  constructor(options: MsDespachoLocationRepositoryOptions) {
    this.#options = options;
  }

  async report(despachoId: string, given: NewLocation, options: ReportOptions): Promise<StoredLocation> {
    const { mutations } = this.#options;
    const { key = null } = options;
    const input = asStoredThere(given);
    return mutations.run<StoredLocation, StoredLocation>(key, {
      run: (send) => this.#report(despachoId, input, options, send),
      look: () => this.#lookFor(despachoId, input, key!),
      ...keptWhole,
    });
  }

  async #report(
    despachoId: string,
    input: NewLocation,
    options: ReportOptions,
    send: Send,
  ): Promise<StoredLocation> {
    const { readDispatch, readTrack, database, pending } = this.#options;
    const dispatch = await readDispatch(despachoId);
    if (!dispatch) throw notFound('dispatch', despachoId);
    assertMayReport(dispatch, options.onlyAmbulanciaId);
    const begun = await pending.begin(despachoId, input, {
      actorId: options.actorId,
      find: () => findSame(database.query, Number(despachoId), input),
      look: () => readTrack(despachoId),
    });
    if ('known' in begun) {
      options.onOutcome?.('repeated');
      return toStored(begun.known);
    }
    try {
      return await this.#send(despachoId, input, { ...options, pending: begun.pending }, send);
    } catch (error) {
      await this.#endPending(begun.pending, surelyDidNotHappen(error));
      throw error;
    }
  }

  async #endPending(position: PendingPosition, isOutcomeKnown: boolean): Promise<void> {
    const { pending, log } = this.#options;
    try {
      await (isOutcomeKnown ? pending.end(position) : pending.abandon(position));
    } catch (error) {
      log.warn(
        { err: error, key: position.key },
        'a reported position could not be ended; its lease ends it',
      );
    }
  }

  async #send(
    despachoId: string,
    input: NewLocation,
    { actorId, onOutcome, key = null, pending }: ReportOptions & { readonly pending: PendingPosition },
    send: Send,
  ): Promise<StoredLocation> {
    const { client, keys, database, clock } = this.#options;
    const { recordedAt, rumbo, ...measured } = input;
    const reported = await send(() => client.report(despachoId, measured));
    if (!reported) throw notFound('dispatch', despachoId);
    const { recordedAt: upstreamAt, ...answered } = reported;
    const rowId = Number(despachoId);
    const { row, outcome } = await database.change(async (change) => {
      await change.lockDispatch(rowId);
      const stored = await storePosition(
        change,
        rowId,
        { ...answered, rumbo, recordedAt, isDated: recordedAt !== null, upstreamAt },
        { actorId, of: 'newest and trail', alerts: this.#options.alerts, now: storedDate(clock.now()) },
      );
      await this.#options.pending.end(pending, change.query);
      if (key) await keys.keep(key.id, toStored(stored.row), change.query);
      return stored;
    });
    onOutcome?.(outcome);
    return toStored(row);
  }

  /** Whether MS Despacho has taken a position shows in the track: it is there, and was not before the mutation began. */
  async #lookFor(despachoId: string, { latitud, longitud }: NewLocation, key: MutationKey): Promise<void> {
    const { readTrack, keys } = this.#options;
    await readTrack(despachoId);
    const begunAt = await keys.begunAt(key);
    if (begunAt === null) return;
    const isIt = (row: LocationRow) =>
      row.at >= begunAt && row.latitud === latitud && row.longitud === longitud;
    const stored = (await this.#newest([despachoId], maxTrackPoints)).find(isIt);
    if (stored) await keys.keep(key.id, toStored(stored));
  }

  async latest(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, StoredLocation>> {
    return toLatest(await this.#newest(ids, 1, signal));
  }

  async track(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LocationState[]>> {
    return toTracks(await this.#newest(ids, limit, signal));
  }

  #newest(ids: readonly string[], limit: number, signal?: AbortSignal): Promise<LocationRow[]> {
    return newestPositions(this.#options.database, ids, limit, signal);
  }
}

const stored = (degrees: number) => Number(degrees.toFixed(8));

/** MS Despacho has eight digits behind the point: so what it answers is recognised as what it was sent. */
const asStoredThere = (position: NewLocation): NewLocation => ({
  ...position,
  latitud: stored(position.latitud),
  longitud: stored(position.longitud),
});
