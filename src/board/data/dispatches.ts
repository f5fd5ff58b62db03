/** Keeps the newest version of each dispatch on the board, and counts versions that were missed. */
import type { Change } from '../live/operations.ts';
import { hasEnded, sinceOf, type Dispatch } from './dispatch.ts';

export interface Tally {
  /** Changes that were shown. */
  updates: number;
  /** Versions that were known already when they came, because list and stream overlap. */
  repeated: number;
  /** Versions missing between the known one and the one that came. Must stay 0. */
  missed: number;
  /** Snapshots, which the service sends instead of changes that it no longer keeps. */
  snapshots: number;
}

/** What the viewer has asked for and the service has not yet done. */
export type Prediction = Partial<Pick<Dispatch, 'estado' | 'ambulancia'>>;

/** How long an ended dispatch stays visible. list.css and map.css have the same time. */
export const fadeMs = 12_000;

export class Dispatches {
  readonly tally: Tally = { updates: 0, repeated: 0, missed: 0, snapshots: 0 };
  readonly #byId = new Map<string, Dispatch>();
  /** Since when each has been in its status. */
  readonly #since = new Map<string, string>();
  /** When the board received the end of a dispatch. */
  readonly #endedAt = new Map<string, number>();
  readonly #predictions = new Map<string, Prediction>();
  #list: readonly Dispatch[] | null = null;
  #revision = 0;

  /** Another number after each change. */
  get revision(): number {
    return this.#revision;
  }

  /** As it is shown: with what the viewer has asked for. */
  get(id: string): Dispatch | undefined {
    const known = this.#byId.get(id);
    return known && this.#shown(known);
  }

  /** ISO 8601; where the board has not seen the change of status itself, what the dispatch says of it. */
  since(dispatch: Dispatch): string {
    const known = this.#byId.get(dispatch.id);
    return (known?.estado === dispatch.estado && this.#since.get(dispatch.id)) || sinceOf(dispatch);
  }

  /** Shows what is asked for as if it were done, until the service has answered. Returns what takes it back. */
  predict(id: string, prediction: Prediction): () => void {
    this.#predictions.set(id, prediction);
    this.#touch();
    return () => {
      if (this.#predictions.get(id) !== prediction) return;
      this.#predictions.delete(id);
      this.#touch();
    };
  }

  /** Takes a dispatch from a list, unless the stream has brought a newer version before. */
  take(dispatch: Dispatch): void {
    const known = this.#byId.get(dispatch.id);
    if (!known || known.version < dispatch.version) this.#put(dispatch);
  }

  /** Takes one that was asked for by its id, and that may have ended. The stream brings the same version as well. */
  takeAnswer(dispatch: Dispatch, nowMs: number): void {
    this.take(dispatch);
    if (hasEnded(dispatch.estado) && !this.#endedAt.has(dispatch.id)) this.#endedAt.set(dispatch.id, nowMs);
  }

  /** Removes what a complete list of the active dispatches does not have: it ended while nothing was heard of it. */
  keepOnly(listed: ReadonlySet<string>, keptId: string | null): void {
    const gone = [...this.#byId].filter(([id, { estado }]) => !listed.has(id) && !hasEnded(estado));
    for (const [id] of gone) if (id !== keptId) this.#forget(id);
  }

  /** Takes a change. Returns false when the version is known already. */
  apply({ changeType, dispatch }: Change, nowMs: number): boolean {
    const { id, version, estado } = dispatch;
    const known = this.#byId.get(id);
    if (known && version <= known.version) {
      this.tally.repeated += 1;
      return false;
    }
    this.tally.updates += 1;
    if (changeType === 'SNAPSHOT') this.tally.snapshots += 1;
    else if (known) this.tally.missed += version - known.version - 1;
    // A dispatch that was never on the board need not be shown when it has ended.
    if (!known && hasEnded(estado) && changeType === 'SNAPSHOT') return true;
    this.#put(dispatch);
    if (hasEnded(estado)) this.#endedAt.set(id, nowMs);
    return true;
  }

  /** Removes dispatches that ended a while ago, except the selected one. Returns whether there were any. */
  forgetEnded(nowMs: number, keptId: string | null): boolean {
    const old = [...this.#endedAt].filter(([id, endedAt]) => id !== keptId && nowMs - endedAt >= fadeMs);
    for (const [id] of old) this.#forget(id);
    return old.length > 0;
  }

  /** Newest request first. Ended dispatches keep their place until they are removed. */
  list(): readonly Dispatch[] {
    this.#list ??= [...this.#byId.values()]
      .map((dispatch) => this.#shown(dispatch))
      .sort((a, b) => compare(b.fechaSolicitud, a.fechaSolicitud) || Number(b.id) - Number(a.id));
    return this.#list;
  }

  active(): readonly Dispatch[] {
    return this.list().filter(({ estado }) => !hasEnded(estado));
  }

  #shown(dispatch: Dispatch): Dispatch {
    const prediction = this.#predictions.get(dispatch.id);
    return prediction ? { ...dispatch, ...prediction } : dispatch;
  }

  #put(dispatch: Dispatch): void {
    const { id, estado, fechaActualizacion } = dispatch;
    const known = this.#byId.get(id);
    if (!known) this.#since.set(id, sinceOf(dispatch));
    else if (known.estado !== estado) this.#since.set(id, fechaActualizacion);
    this.#byId.set(id, dispatch);
    this.#touch();
  }

  #forget(id: string): void {
    for (const map of [this.#byId, this.#since, this.#endedAt, this.#predictions]) map.delete(id);
    this.#touch();
  }

  #touch(): void {
    this.#list = null;
    this.#revision += 1;
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
