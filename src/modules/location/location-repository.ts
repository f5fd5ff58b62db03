/** The port of positions: what is promised of them, wherever dispatches live. */
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { LocationState } from './events.ts';

/** A position to store. */
export interface NewLocation extends Omit<LocationState, 'recordedAt' | 'receivedAt'> {
  /** By the device's clock, ISO 8601 in UTC; null where the device did not say: then it is the time of storing. */
  readonly recordedAt: string | null;
}

/**
 * What a report was: the `newest` position of its dispatch; `older` than one that was there already; or `repeated`: the same
 * dispatch, date of the device and place as one that is stored.
 */
export type ReportOutcome = 'newest' | 'older' | 'repeated';

/** A position that was stored. */
export interface StoredLocation {
  /** Grows with every position of one dispatch. */
  readonly sequence: number;
  readonly location: LocationState;
  /** When it was stored, ISO 8601 in UTC. */
  readonly timestamp: string;
}

export interface ReportOptions {
  readonly actorId: string;
  /** FORBIDDEN unless the dispatch is assigned to this ambulance; null when the actor may report for every dispatch. */
  readonly onlyAmbulanciaId: string | null;
  /** With a key it is reported once: who asks for it again gets what the first one got. */
  readonly key?: MutationKey | null;
  /** Called with what it was; not where a key has answered it. */
  readonly onOutcome?: (outcome: ReportOutcome) => void;
}

/**
 * Positions of dispatches.
 *
 * - **Order**: by when they were measured, and of those of the same time by when they arrived. A position that is dated later than
 *   it arrived counts as of its arrival: a clock that is ahead holds up nobody.
 * - **Events**: a report that is the newest is an event in the stream of its dispatch, so that no stream goes back in time. One that
 *   is older is in the track, in its place, and in the audit trail. Both are written durably before `report` resolves.
 * - **Once**: a position that its device dated is stored once, however often it is reported. Those without a date are all different.
 */
export interface LocationRepository {
  /** Resolves with the stored position. Rejects with NOT_FOUND, FORBIDDEN, or INVALID_TRANSITION when the dispatch has ended. */
  report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<StoredLocation>;

  /** The newest position of each dispatch that has one, by id. `signal`, here and below: as in `DispatchRepository`. */
  latest(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, StoredLocation>>;

  /** Positions of each dispatch that has any, newest first, at most `limit` per dispatch. */
  track(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, LocationState[]>>;
}
