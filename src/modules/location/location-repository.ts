/** The port of positions: what is promised of them, wherever dispatches live. */
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { LocationState } from './events.ts';

/** A position to store. */
export interface NewLocation extends Omit<LocationState, 'recordedAt'> {
  /** ISO 8601 in UTC; null where the device did not say: then it is the time of storing. */
  readonly recordedAt: string | null;
}

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
}

/** Positions of dispatches. Each report is one event, written durably before `report` resolves. */
export interface LocationRepository {
  /** Rejects with NOT_FOUND, FORBIDDEN, or INVALID_TRANSITION when the dispatch has ended. */
  report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<StoredLocation>;

  /** The last position of each dispatch that has one, by id. */
  latest(ids: readonly string[]): Promise<ReadonlyMap<string, StoredLocation>>;

  /** Positions of each dispatch that has any, newest first, at most `limit` per dispatch. */
  track(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, LocationState[]>>;
}
