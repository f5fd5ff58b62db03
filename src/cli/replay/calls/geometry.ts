/** Distances and directions on the map of a city. */
import { haversineKm } from '../../../lib/geo.ts';

export interface Point {
  /** Degrees, WGS 84. */
  readonly latitud: number;
  readonly longitud: number;
}

const EARTH_RADIUS_M = 6_371_008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Great-circle distance in metres. */
export function distanceM(from: Point, to: Point): number {
  return 1000 * haversineKm(from, to);
}

/** Direction from one point to another in degrees clockwise from north, 0 to below 360. */
export function bearingDegrees(from: Point, to: Point): number {
  const turn = radians(to.longitud - from.longitud);
  const y = Math.sin(turn) * Math.cos(radians(to.latitud));
  const x =
    Math.cos(radians(from.latitud)) * Math.sin(radians(to.latitud)) -
    Math.sin(radians(from.latitud)) * Math.cos(radians(to.latitud)) * Math.cos(turn);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

/** The point at a fraction (0 to 1) of the straight way; exact enough within a city. */
export function pointBetween(from: Point, to: Point, fraction: number): Point {
  return {
    latitud: from.latitud + (to.latitud - from.latitud) * fraction,
    longitud: from.longitud + (to.longitud - from.longitud) * fraction,
  };
}

/** `from`, or where that is further than `maxM` metres from `to`: the point on the way that is `maxM` from it. */
export function noFurtherThan(maxM: number, from: Point, to: Point): Point {
  const distance = distanceM(from, to);
  return distance <= maxM ? from : pointBetween(to, from, maxM / distance);
}

/** The point `eastM` and `northM` metres away; exact enough within a city. */
export function offsetBy(from: Point, eastM: number, northM: number): Point {
  const metresPerDegree = radians(1) * EARTH_RADIUS_M;
  return {
    latitud: from.latitud + northM / metresPerDegree,
    longitud: from.longitud + eastM / (metresPerDegree * Math.cos(radians(from.latitud))),
  };
}
