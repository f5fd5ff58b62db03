/** Knows the units that serve dispatches, and which of them are on none now. The service has no list of the fleet. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { unitsQuery } from '../live/operations.ts';
import { kmBetween } from '../state/distance.ts';
import { hasEnded, type Ambulance, type Dispatch, type Point } from './dispatch.ts';

export interface FreeUnit extends Ambulance {
  /** To where it is needed, as the crow flies; null where nobody knows where it is. */
  readonly km: number | null;
}

interface KnownUnit {
  readonly placa: string | null;
  readonly place: Point | null;
}

const endedDispatches = 200;
/** Of units that have not been heard of for longest, the first ones are forgotten. */
const maxUnits = 2_000;

export class Units {
  readonly #byId = new Map<string, KnownUnit>();

  /** Reads who served the dispatches that have ended. @throws LiveError */
  async start(live: LiveClient): Promise<void> {
    const { completed, cancelled } = await live.request(unitsQuery, { limit: endedDispatches });
    for (const { ambulancia, ubicacionActual } of [...completed, ...cancelled].toReversed())
      if (ambulancia) this.note(ambulancia, ubicacionActual);
  }

  note({ id, placa }: Ambulance, place: Point | null): void {
    const known = this.#byId.get(id);
    this.#byId.delete(id);
    this.#byId.set(id, { placa: placa ?? known?.placa ?? null, place: place ?? known?.place ?? null });
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > maxUnits && oldest !== undefined) this.#byId.delete(oldest);
  }

  /** The nearest to `to` first, then those of which nobody knows where they are. */
  free(dispatches: readonly Dispatch[], to: Point | null): readonly FreeUnit[] {
    const busy = new Set(
      dispatches.flatMap(({ ambulancia, estado }) => (ambulancia && !hasEnded(estado) ? ambulancia.id : [])),
    );
    return [...this.#byId]
      .filter(([id]) => !busy.has(id))
      .map(([id, { placa, place }]) => ({ id, placa, km: to && place && kmBetween(to, place) }))
      .sort((a, b) => (a.km ?? Infinity) - (b.km ?? Infinity) || (a.id < b.id ? -1 : 1));
  }
}
