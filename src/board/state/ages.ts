/** How long dispatches wait, are in their status and overdue, and how old positions are, all by the clock of the service. */
import { hasEnded, type Dispatch } from '../data/dispatch.ts';
import type { Dispatches } from '../data/dispatches.ts';
import type { Moves } from '../data/moves.ts';
import type { Alerts } from '../data/alerts.ts';
import type { RowTimes } from '../list/row.ts';
import { overdueMs, type Limits } from './limits.ts';

export interface AgesOptions {
  readonly dispatches: Dispatches;
  readonly moves: Moves;
  readonly alerts: Alerts;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly limits: () => Limits;
}

/** A position that is older is shown as late. Devices report every few seconds, and stand still for no longer without a word. */
export const lateMs = 90_000;

export class Ages {
  readonly #options: AgesOptions;

  constructor(options: AgesOptions) {
    this.#options = options;
  }

  /** By the clock of the service, milliseconds since the Unix epoch. */
  get nowMs(): number {
    return this.#options.now();
  }

  inStatusMs(dispatch: Dispatch): number {
    return this.#options.now() - this.#sinceMs(dispatch);
  }

  /** Above 0: it is overdue. */
  overdueMs(dispatch: Dispatch): number {
    const { limits, now } = this.#options;
    return overdueMs(dispatch, limits(), this.#sinceMs(dispatch), now());
  }

  isOverdue(dispatch: Dispatch): boolean {
    return this.overdueMs(dispatch) > 0;
  }

  /** How old the last known position is; null where there is none. */
  positionMs({ id }: Dispatch): number | null {
    const last = this.#options.moves.vehicle(id)?.last;
    return last ? this.#options.now() - Date.parse(last.receivedAt) : null;
  }

  /** Only of an ambulance whose positions are listened for it is known that none came. */
  isLate(dispatch: Dispatch): boolean {
    if (hasEnded(dispatch.estado) || !this.#options.moves.isFollowed(dispatch.id)) return false;
    return (this.positionMs(dispatch) ?? 0) > lateMs;
  }

  of(dispatch: Dispatch): RowTimes {
    return {
      ageMs: this.#options.now() - Date.parse(dispatch.fechaSolicitud),
      inStatusMs: this.inStatusMs(dispatch),
      overdueMs: this.overdueMs(dispatch),
      lateMs: this.isLate(dispatch) ? this.positionMs(dispatch) : null,
      alerts: this.#options.alerts.of(dispatch.id).map(({ kind }) => kind),
    };
  }

  #sinceMs(dispatch: Dispatch): number {
    return Date.parse(this.#options.dispatches.since(dispatch));
  }
}
