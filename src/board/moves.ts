/** Follows the positions of ambulances, with one stream for each active dispatch, up to a bound. */
import type { Client } from 'graphql-ws';
import { hasEnded, type Dispatch, type Location } from './dispatch.ts';
import { movesSubscription, type Move } from './operations.ts';
import { follow } from './stream.ts';
import { Vehicle } from './vehicle.ts';

export interface MovesOptions {
  readonly client: Client;
  readonly onChange: () => void;
}

const maxStreams = 150;
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

  /** Gives an ambulance that is not known yet the positions that it has reported so far. */
  begin(id: string, trail: readonly [Location, ...Location[]]): void {
    if (!this.#vehicles.has(id)) this.#vehicles.set(id, new Vehicle(trail));
  }

  /** Follows the ambulances of these dispatches: the selected one, then the newest ones. Ends the streams of all others. */
  follow(shown: readonly Dispatch[], selectedId: string | null): void {
    const wanted = shown
      .filter(({ estado, ambulancia }) => ambulancia !== null && !hasEnded(estado))
      .sort((a, b) => Number(b.id === selectedId) - Number(a.id === selectedId))
      .slice(0, maxStreams)
      .map(({ id }) => id);
    for (const [id, stop] of this.#streams) {
      if (wanted.includes(id)) continue;
      stop();
      this.#streams.delete(id);
    }
    for (const id of wanted) if (!this.#streams.has(id)) this.#streams.set(id, this.#open(id));
    const known = new Set(shown.map(({ id }) => id));
    for (const id of this.#vehicles.keys()) if (!known.has(id)) this.#vehicles.delete(id);
  }

  #open(despachoId: string): () => void {
    const { client, onChange } = this.#options;
    return follow<Move>(
      client,
      movesSubscription,
      { despachoId },
      {
        onEvent: ({ location, snapshot }) => {
          if (!snapshot) this.#count += 1;
          if (location) this.#report(despachoId, location);
          onChange();
        },
        // The dispatch may have ended, or there are too many streams. If it is still wanted later, `follow` opens it again.
        onEnd: () => setTimeout(() => this.#streams.delete(despachoId), againMs),
      },
    );
  }

  #report(id: string, location: Location): void {
    const vehicle = this.#vehicles.get(id);
    if (vehicle) vehicle.report(location, performance.now());
    else this.#vehicles.set(id, new Vehicle([location]));
  }
}
