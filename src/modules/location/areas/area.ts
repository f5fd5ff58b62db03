/** The part of the map that somebody watches: what they ask for, checked, and by what it is known to others. */
import { randomBytes } from 'node:crypto';
import type { DispatchStatus, SubscriptionLocationsInAreaArgs } from '../../../generated/resolvers.ts';
import { contains, type Box } from '../../../lib/areas/box.ts';
import type { Coordinates } from '../../../lib/geo.ts';
import { isEnded } from '../../../lib/words/statuses.ts';
import { parseNumber, refuseInput } from '../../../schema/input.ts';

export interface Area {
  readonly box: Box;
  /** Null for all that have not ended. */
  readonly estado: DispatchStatus | null;
  /** Between two positions of one ambulance, milliseconds. */
  readonly minIntervalMs: number;
}

const rateBounds = { min: 0.1, max: 10 };

/** @throws BAD_USER_INPUT unless it is a box on the globe, and a rate within bounds */
export function parseArea({ area, estado, maxRatePerSecond }: SubscriptionLocationsInAreaArgs): Area {
  const latitud = { min: -90, max: 90 };
  const longitud = { min: -180, max: 180 };
  const box = {
    south: parseNumber('area.sur', area.sur, latitud),
    west: parseNumber('area.oeste', area.oeste, longitud),
    north: parseNumber('area.norte', area.norte, latitud),
    east: parseNumber('area.este', area.este, longitud),
  };
  if (box.south >= box.north) refuseInput('area.norte', `must be larger than area.sur, and is ${box.north}`);
  if (box.west === box.east)
    refuseInput('area.este', `must be another one than area.oeste, and is ${box.east}`);
  const rate = parseNumber('maxRatePerSecond', maxRatePerSecond ?? 1, rateBounds);
  return { box, estado: estado ?? null, minIntervalMs: 1_000 / rate };
}

/** Equal for those who are shown the same. */
export const areaKey = ({ box, estado, minIntervalMs }: Area): string =>
  `locations-in-area:${packed(box)}:${estado ?? '*'}:${Math.round(minIntervalMs)}`;

/** Whether an ambulance that is there, on a dispatch with this status, is shown. */
export const isShown = (area: Pick<Area, 'box' | 'estado'>, estado: string, place: Coordinates): boolean =>
  !isEnded(estado) && (area.estado === null || area.estado === estado) && contains(area.box, place);

/** Parts of a degree that tell two boxes apart: about a centimetre. */
const perDegree = 1e7;
const bytesOfBox = 16;

function packed({ south, west, north, east }: Box): string {
  const bytes = Buffer.alloc(bytesOfBox);
  [south, west, north, east].forEach((degrees, at) =>
    bytes.writeInt32BE(Math.round(degrees * perDegree), 4 * at),
  );
  return bytes.toString('base64url');
}

/** Where a stream of the box goes on: cursors say it, so that whoever comes back for another box is told what left the one before. */
export const newEpoch = ({ box }: Area): string => `${packed(box)}_${randomBytes(6).toString('base64url')}`;

/** Null for an epoch that is none of these. */
export function boxOfEpoch(epoch: string | null): Box | null {
  const bytes = Buffer.from(epoch?.slice(0, 22) ?? '', 'base64url');
  if (bytes.length !== bytesOfBox) return null;
  const [south, west, north, east] = [0, 1, 2, 3].map((at) => bytes.readInt32BE(4 * at) / perDegree);
  return { south: south!, west: west!, north: north!, east: east! };
}
