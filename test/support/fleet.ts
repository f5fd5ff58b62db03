/** A fleet whose positions arrive as they do in the world: late, doubled, out of order, by wrong clocks, and some from nowhere. */
import { between, type Random } from '../../src/cli/replay/random.ts';

export interface Fix {
  readonly latitud: number;
  readonly longitud: number;
  /** By the device's clock, ISO 8601; null where the device does not date its positions. */
  readonly recordedAt: string | null;
}

/** What one ambulance reports. */
export interface Journey {
  /** In the order in which they arrive. */
  readonly fixes: readonly Fix[];
}

export interface FleetOptions {
  readonly ambulances: number;
  /** Of all ambulances together, those that are doubled not counted. */
  readonly fixes: number;
  readonly random: Random;
  /** When the last position was measured, milliseconds since the Unix epoch. */
  readonly endsAt: number;
}

const minutesMs = 60_000;
const tenMinutesMs = 10 * minutesMs;
const doubledShare = 0.2;
const nowhereShare = 0.01;
/** One ambulance in so many has a device that does not date what it reports. */
const undatedEach = 10;

/** Each position is measured in the last ten minutes and delayed by up to ten; each clock is off by up to ten, ahead or behind. */
export function createFleet({ ambulances, fixes, random, endsAt }: FleetOptions): Journey[] {
  const perAmbulance = Math.ceil(fixes / ambulances);
  return Array.from({ length: ambulances }, (_, index) => {
    const offMs = Math.round(between(random, -tenMinutesMs, tenMinutesMs));
    const isDated = index % undatedEach !== undatedEach - 1;
    const arriving = Array.from({ length: perAmbulance }, (_each, number) => {
      const measuredAt = endsAt - tenMinutesMs + Math.round((number * tenMinutesMs) / perAmbulance);
      const isNowhere = random() < nowhereShare;
      const fix: Fix = {
        // A vehicle stands still now and then: so the place alone tells no two positions apart.
        latitud: isNowhere ? 0 : -17 - Math.floor(number / 3) / 1e4,
        longitud: isNowhere ? 0 : -63 - index / 100,
        recordedAt: isDated ? new Date(measuredAt + offMs).toISOString() : null,
      };
      const copies = random() < doubledShare ? 2 : 1;
      return Array.from({ length: copies }, () => ({
        fix,
        at: measuredAt + between(random, 0, tenMinutesMs),
      }));
    }).flat();
    return { fixes: arriving.sort((one, other) => one.at - other.at).map(({ fix }) => fix) };
  });
}

/** A position as the service shows it. */
export interface ShownPosition {
  readonly latitud: number;
  readonly longitud: number;
  readonly recordedAt: string;
  readonly receivedAt: string;
}

/** What a position is ordered by: its date, or its arrival where that is earlier. */
export const orderOf = ({ recordedAt, receivedAt }: ShownPosition): string =>
  recordedAt < receivedAt ? recordedAt : receivedAt;

/** The track that positions make which were taken in this order: each once, the newest first. */
export function trackOf(
  taken: readonly { readonly fix: Fix; readonly shown: ShownPosition }[],
): ShownPosition[] {
  const seen = new Set<string>();
  const once = taken.filter(({ fix: { recordedAt, latitud, longitud } }) => {
    const key = `${recordedAt} ${latitud} ${longitud}`;
    if (recordedAt !== null && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  // Sorting keeps the order of arrival where dates are equal.
  return once
    .map(({ shown }) => shown)
    .sort((one, other) => order(orderOf(one), orderOf(other)))
    .reverse();
}
