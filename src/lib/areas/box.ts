/** A box on the map, and what lies in it: also across the anti-meridian, and up to the poles. */
import type { Coordinates } from '../geo.ts';

/** Degrees, WGS 84. One whose west is larger than its east lies across the anti-meridian. */
export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** Where the box ends in the east, counted on from its west. */
export const eastOf = ({ west, east }: Pick<Box, 'west' | 'east'>): number =>
  west > east ? east + 360 : east;

export const isPole = ({ latitud }: Pick<Coordinates, 'latitud'>): boolean => Math.abs(latitud) === 90;

/** Whether the point is in the box. Its edges belong to it; at a pole all longitudes are the same. */
export function contains(box: Box, point: Coordinates): boolean {
  const { latitud, longitud } = point;
  if (latitud < box.south || latitud > box.north) return false;
  if (isPole(point)) return true;
  const east = eastOf(box);
  for (let degrees = longitud - 360; degrees <= longitud + 360; degrees += 360)
    if (degrees >= box.west && degrees <= east) return true;
  return false;
}

/** How far it is from one longitude to another, the shorter way round: from -180 to 180. */
export const turn = (from: number, to: number): number => ((((to - from + 180) % 360) + 360) % 360) - 180;

/** To a pole and from it a way keeps to the meridian of its other end. */
export const alongMeridian = (point: Coordinates, other: Coordinates): Coordinates =>
  isPole(point) ? { ...point, longitud: other.longitud } : point;

/**
 * Whether the way from one point to the other touches the box, straight on the map and the shorter way round. It is asked for every box near a
 * position, most of which are far from a way of some metres: these are told by comparisons alone.
 */
export function crosses(box: Box, start: Coordinates, end: Coordinates): boolean {
  if (isBeside(start.latitud, end.latitud, box.south, box.north)) return false;
  const [from, to] = [alongMeridian(start, end), alongMeridian(end, start)];
  const way = { x: turn(from.longitud, to.longitud), y: to.latitud - from.latitud };
  const east = eastOf(box);
  for (let longitud = from.longitud - 360; longitud <= from.longitud + 360; longitud += 360) {
    if (isBeside(longitud, longitud + way.x, box.west, east)) continue;
    const [first, last] = overlap(
      partWithin(longitud, way.x, box.west, east),
      partWithin(from.latitud, way.y, box.south, box.north),
    );
    if (first <= last) return true;
  }
  return false;
}

/** Whether both lie before the bounds, or both behind them. */
const isBeside = (one: number, other: number, min: number, max: number): boolean =>
  (one < min && other < min) || (one > max && other > max);

/** Of the way from `start` on by `length`, the part that lies between two bounds: from 0 to 1, empty where it ends before it begins. */
type Part = readonly [from: number, to: number];

function partWithin(start: number, length: number, min: number, max: number): Part {
  if (length === 0) return start >= min && start <= max ? [0, 1] : [1, 0];
  const [one, other] = [(min - start) / length, (max - start) / length];
  return overlap([0, 1], [Math.min(one, other), Math.max(one, other)]);
}

const overlap = (one: Part, other: Part): Part => [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
