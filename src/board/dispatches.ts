/** Owns the dispatches that the board shows: the newest version of each, and the proof that none was missed. */
import { hasEnded, type Dispatch } from './dispatch.ts';
import type { Change } from './operations.ts';

export interface Tally {
  /** Changes that were shown. */
  updates: number;
  /** Versions that were known already when they came: list and stream overlap. */
  repeated: number;
  /** Versions between the known one and the one that came. Stays 0. */
  missed: number;
  /** States that stood for a past no longer kept. */
  snapshots: number;
}

/** How long one that has ended stays to be seen; as in list.css and map.css. */
export const fadeMs = 12_000;

export class Dispatches {
  readonly tally: Tally = { updates: 0, repeated: 0, missed: 0, snapshots: 0 };
  readonly #byId = new Map<string, Dispatch>();
  /** When it was learnt that a dispatch has ended. */
  readonly #endedAt = new Map<string, number>();

  get(id: string): Dispatch | undefined {
    return this.#byId.get(id);
  }

  /** Takes what a list showed. A stream may have been quicker. */
  take(dispatch: Dispatch): void {
    const known = this.#byId.get(dispatch.id);
    if (!known || known.version < dispatch.version) this.#byId.set(dispatch.id, dispatch);
  }

  /** Takes a change. False when its version is known. */
  apply({ changeType, dispatch }: Pick<Change, 'changeType' | 'dispatch'>, nowMs: number): boolean {
    const { id, version, estado } = dispatch;
    const known = this.#byId.get(id);
    if (known && version <= known.version) {
      this.tally.repeated += 1;
      return false;
    }
    this.tally.updates += 1;
    if (changeType === 'SNAPSHOT') this.tally.snapshots += 1;
    else if (known) this.tally.missed += version - known.version - 1;
    // One that is heard of only when it is over has no place to leave.
    if (!known && hasEnded(estado) && changeType === 'SNAPSHOT') return true;
    this.#byId.set(id, dispatch);
    if (hasEnded(estado)) this.#endedAt.set(id, nowMs);
    return true;
  }

  /** Forgets those that ended a while ago, but for the one that is being looked at. Returns whether there were any. */
  forgetEnded(nowMs: number, keptId: string | null): boolean {
    const old = [...this.#endedAt].filter(([id, endedAt]) => id !== keptId && nowMs - endedAt >= fadeMs);
    for (const [id] of old) {
      this.#endedAt.delete(id);
      this.#byId.delete(id);
    }
    return old.length > 0;
  }

  /** Newest request first; those that ended keep their place until they are forgotten. */
  list(): readonly Dispatch[] {
    return [...this.#byId.values()].sort(
      (a, b) => b.fechaSolicitud.localeCompare(a.fechaSolicitud) || Number(b.id) - Number(a.id),
    );
  }

  active(): readonly Dispatch[] {
    return this.list().filter(({ estado }) => !hasEnded(estado));
  }
}
