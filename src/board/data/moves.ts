/** Follows the positions of ambulances: of a part of the map all that are in it, of others each by a stream of its own, up to a bound. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { movesSubscription } from '../live/operations.ts';
import type { AreaMove } from '../live/watch-operations.ts';
import { contains, type Box } from '../map/box.ts';
import { Area } from './area.ts';
import type { Location } from './dispatch.ts';
import { Vehicle } from './vehicle.ts';

export interface MovesOptions {
  readonly live: LiveClient;
  readonly onChange: () => void;
}

/** What the viewer looks at. */
export interface Wanted {
  /** Dispatches whose ambulances are followed in any case. */
  readonly first: readonly string[];
  /** Those that can be seen on the map. */
  readonly onMap: readonly string[];
  /** The part of the map that is seen, and some of what is around it; null: all of it. */
  readonly box: Box | null;
}

/** As many ambulances are followed one by one, and as many may be on a map that is followed as one. */
export const maxStreams = 300;
const againMs = 5_000;

export class Moves {
  readonly #options: MovesOptions;
  readonly #vehicles = new Map<string, Vehicle>();
  readonly #streams = new Map<string, () => void>();
  readonly #area: Area;
  #count = 0;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.#area = new Area({
      live: options.live,
      onMove: (move) => this.#take(move),
      onLost: () => {
        this.#forgetAll();
        options.onChange();
      },
    });
  }

  /** The number of positions received live, without snapshots. */
  get count(): number {
    return this.#count;
  }

  vehicle(id: string): Vehicle | undefined {
    return this.#vehicles.get(id);
  }

  isFollowed(id: string): boolean {
    return this.#streams.has(id) || this.#isInArea(id);
  }

  /** Gives an ambulance that is not known yet the positions that it has reported so far. */
  begin(id: string, trail: readonly [Location, ...Location[]]): void {
    if (!this.#vehicles.has(id)) this.#vehicles.set(id, new Vehicle(trail));
  }

  /**
   * Follows what the map shows as one, where few enough are on it. Else one by one: the first ones, and of those on the map rather those
   * that are followed already. Ends all other streams.
   */
  follow({ first, onMap, box }: Wanted): void {
    this.#area.watch(onMap.length <= maxStreams ? box : null);
    const others = this.#area.box ? [] : onMap;
    const stay = others.filter((id) => this.#streams.has(id));
    const alone = first.filter((id) => !this.#isInArea(id));
    const chosen = new Set([...new Set([...alone, ...stay, ...others])].slice(0, maxStreams));
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

  /** What is there is told when it moves and when it leaves. */
  #isInArea(id: string): boolean {
    const { box } = this.#area;
    const last = this.vehicle(id)?.last;
    return box !== null && last !== undefined && contains(box, last);
  }

  #take({ change, despachoId, location }: AreaMove): void {
    if (change === 'ENTERED' || change === 'MOVED') this.#count += 1;
    if (despachoId === null) this.#forgetAll();
    else if (location) this.#report(despachoId, location);
    // It has ended.
    else this.#vehicles.delete(despachoId);
    this.#options.onChange();
  }

  /** Nobody knows what has become of those that are not followed one by one: whatever is there comes anew. */
  #forgetAll(): void {
    for (const id of this.#vehicles.keys()) if (!this.#streams.has(id)) this.#vehicles.delete(id);
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
