/** Ambulances that drive through a city, and tell where they are: as reports of positions do it, but without the record. */
import { cellsOfMove } from '../../../src/lib/areas/cells.ts';
import type { Coordinates } from '../../../src/lib/geo.ts';
import { createRandom } from '../../../src/cli/replay/random.ts';
import { cellTopicKey, type LocationEvent } from '../../../src/modules/location/events.ts';
import type { AppendRequest, EventLog } from '../../../src/stores/event-log/event-log.ts';
import { machineUs } from '../../dispatch-event.ts';

/** La Paz and El Alto. */
export const city = { south: -16.62, west: -68.25, north: -16.42, east: -68.02 };

/** About fifty kilometres an hour, degrees a second. */
const speed = 14 / 111_000;
const date = '2026-11-20T12:34:56.789Z';

interface Ambulance {
  place: Coordinates;
  course: number;
  sequence: number;
}

export class Fleet {
  readonly #eventLog: Pick<EventLog, 'append'>;
  readonly #random = createRandom(7);
  readonly #ambulances: Ambulance[];
  #isStopped = false;
  /** Positions, and what they were appended to. */
  positions = 0;
  appends = 0;

  constructor(eventLog: Pick<EventLog, 'append'>, size: number) {
    this.#eventLog = eventLog;
    this.#ambulances = Array.from({ length: size }, () => ({
      place: {
        latitud: city.south + this.#random() * (city.north - city.south),
        longitud: city.west + this.#random() * (city.east - city.west),
      },
      course: this.#random() * 2 * Math.PI,
      sequence: 0,
    }));
  }

  /** Each ambulance tells its place once a second, one after the other, until `stop`. */
  async drive(): Promise<void> {
    const beganUs = machineUs();
    const { length } = this.#ambulances;
    for (let told = 0; !this.#isStopped;) {
      const due = Math.floor(((machineUs() - beganUs) / 1e6) * length);
      const requests = Array.from({ length: due - told }, (_, at) => this.#move((told + at) % length)).flat();
      told = due;
      if (requests.length > 0) await this.#eventLog.append(requests);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #move(number: number): AppendRequest[] {
    const ambulance = this.#ambulances[number]!;
    const from = ambulance.sequence === 0 ? null : ambulance.place;
    ambulance.course += (this.#random() - 0.5) / 2;
    ambulance.sequence += 1;
    const to = {
      latitud: ambulance.place.latitud + speed * Math.cos(ambulance.course),
      longitud: ambulance.place.longitud + speed * Math.sin(ambulance.course),
    };
    const isInCity =
      to.latitud > city.south &&
      to.latitud < city.north &&
      to.longitud > city.west &&
      to.longitud < city.east;
    if (!isInCity) ambulance.course += Math.PI;
    else ambulance.place = to;
    const { cells, isJump } = cellsOfMove(from, ambulance.place);
    this.positions += 1;
    this.appends += cells.length;
    const id = `${number}-${ambulance.sequence}`;
    const event = { id, at: Date.now(), data: eventOf(number, ambulance, { from, isJump }) };
    return cells.map((cell) => ({ topic: cellTopicKey(cell), event }));
  }
}

/** Its altitude is when it was made: by this clients know how long it took. */
const eventOf = (
  number: number,
  { place, sequence }: Ambulance,
  way: Pick<LocationEvent, 'from' | 'isJump'>,
): LocationEvent => ({
  sequence,
  despachoId: String(number + 1),
  location: {
    ...{ ...place, altitud: Math.round(machineUs()), velocidad: 50, rumbo: 90, precision: 8 },
    ...{ recordedAt: date, receivedAt: date },
  },
  actorId: 'crew',
  timestamp: date,
  estado: 'EN_CAMINO',
  ...way,
});
