/** Keeps the newest version of each dispatch on the board, and counts versions that were missed. */
import { hasEnded, type Dispatch } from './dispatch.ts';
import type { Change } from './operations.ts';

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

/** How long an ended dispatch stays visible. list.css and map.css have the same time. */
export const fadeMs = 12_000;

export class Dispatches {
  readonly tally: Tally = { updates: 0, repeated: 0, missed: 0, snapshots: 0 };
  readonly #byId = new Map<string, Dispatch>();
  /** When the board received the end of a dispatch. */
  readonly #endedAt = new Map<string, number>();

  get(id: string): Dispatch | undefined {
    return this.#byId.get(id);
  }

  /** Takes a dispatch from a list, unless the stream has brought a newer version before. */
  take(dispatch: Dispatch): void {
    const known = this.#byId.get(dispatch.id);
    if (!known || known.version < dispatch.version) this.#byId.set(dispatch.id, dispatch);
  }

  /** Takes a change. Returns false when the version is known already. */
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
    // A dispatch that was never on the board need not be shown when it has ended.
    if (!known && hasEnded(estado) && changeType === 'SNAPSHOT') return true;
    this.#byId.set(id, dispatch);
    if (hasEnded(estado)) this.#endedAt.set(id, nowMs);
    return true;
  }

  /** Removes dispatches that ended a while ago, except the selected one. Returns whether there were any. */
  forgetEnded(nowMs: number, keptId: string | null): boolean {
    const old = [...this.#endedAt].filter(([id, endedAt]) => id !== keptId && nowMs - endedAt >= fadeMs);
    for (const [id] of old) {
      this.#endedAt.delete(id);
      this.#byId.delete(id);
    }
    return old.length > 0;
  }

  /** Newest request first. Ended dispatches keep their place until they are removed. */
  list(): readonly Dispatch[] {
    return [...this.#byId.values()].sort(
      (a, b) => b.fechaSolicitud.localeCompare(a.fechaSolicitud) || Number(b.id) - Number(a.id),
    );
  }

  active(): readonly Dispatch[] {
    return this.list().filter(({ estado }) => !hasEnded(estado));
  }
}
