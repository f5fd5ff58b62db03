/** Owns the port of positions: what is promised of them, wherever dispatches live. */
import type { LocationState } from './events.ts';

/** A position to record. */
export interface NewLocation extends Omit<LocationState, 'recordedAt'> {
  /** ISO 8601 in UTC; null when the device did not say: it is then the time of recording. */
  readonly recordedAt: string | null;
}

/** A position with its place in the record. */
export interface RecordedLocation {
  /** Grows with every position of one dispatch. */
  readonly sequence: number;
  readonly location: LocationState;
  /** When it was recorded, ISO 8601 in UTC. */
  readonly timestamp: string;
}

export interface ReportOptions {
  readonly actorId: string;
  /** FORBIDDEN unless the dispatch is assigned to this ambulance; null when the actor may report for every dispatch. */
  readonly onlyAmbulanciaId: string | null;
}

/** Positions of dispatches. What is reported is one event each, written durably before `report` resolves. */
export interface LocationRepository {
  /** Rejects with NOT_FOUND, FORBIDDEN, or INVALID_TRANSITION when the dispatch has ended. */
  report(despachoId: string, input: NewLocation, options: ReportOptions): Promise<RecordedLocation>;

  /** The last position of each dispatch that has one, by id. */
  latest(ids: readonly string[]): Promise<ReadonlyMap<string, RecordedLocation>>;

  /** Positions of each dispatch that has any, newest first, at most `limit` per dispatch. */
  track(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, LocationState[]>>;
}
