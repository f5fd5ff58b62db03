/** Follows the positions of ambulances, with one stream for each dispatch that is in view, up to a bound. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { movesSubscription } from '../live/operations.ts';
import type { Location } from './dispatch.ts';
import { Vehicle } from './vehicle.ts';

export interface MovesOptions {
  readonly live: LiveClient;
  readonly onChange: () => void;
}

export const maxStreams = 300;
const againMs = 5_000;

export class Moves {
  readonly #options: MovesOptions;
  readonly #vehicles = new Map<string, Vehicle>();
  readonly #streams = new Map<string, () => void>();
  #count = 0;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** The number of positions received live, without snapshots. */
  get count(): number {
    return this.#count;
  }

  vehicle(id: string): Vehicle | undefined {
    return this.#vehicles.get(id);
  }

  isFollowed(id: string): boolean {
    return this.#streams.has(id);
  }

  /** Gives an ambulance that is not known yet the positions that it has reported so far. */
  begin(id: string, trail: readonly [Location, ...Location[]]): void {
    if (!this.#vehicles.has(id)) this.#vehicles.set(id, new Vehicle(trail));
  }

  /** Follows the first of these dispatches, and of those that come after them the ones that are followed already. Ends all other streams. */
  follow(first: readonly string[], then: readonly string[]): void {
    const stay = then.filter((id) => this.#streams.has(id));
    const chosen = new Set([...new Set([...first, ...stay, ...then])].slice(0, maxStreams));
    for (const [id, stop] of this.#streams) {
      if (chosen.has(id)) continue;
      stop();
      this.#streams.delete(id);
    }
    for (const id of chosen) if (!this.#streams.has(id)) this.#streams.set(id, this.#open(id));
  }

  /** Forgets the ambulances of all dispatches but these. */
  keepOnly(isKnown: (id: string) => boolean): void {
    for (const id of this.#vehicles.keys()) if (!isKnown(id)) this.#vehicles.delete(id);
  }

  #open(despachoId: string): () => void {
    const { live, onChange } = this.#options;
    const stop = live.subscribe(
      movesSubscription,
      { despachoId },
      {
        next: ({ data: { locationUpdated } }) => {
          const { location, snapshot } = locationUpdated;
          if (!snapshot) this.#count += 1;
          if (location) this.#report(despachoId, location);
          onChange();
        },
        // The dispatch may have ended, or there are too many streams. If it is still wanted later, `follow` opens it again.
        error: () =>
          setTimeout(
            () => this.#streams.get(despachoId) === stop && this.#streams.delete(despachoId),
            againMs,
          ),
      },
    );
    return stop;
  }

  #report(id: string, location: Location): void {
    const vehicle = this.#vehicles.get(id);
    if (vehicle) vehicle.report(location, performance.now());
    else this.#vehicles.set(id, new Vehicle([location]));
  }
}
