/** Chooses what the map is fitted to: not to a position that is far from all others, which is a fault more often than a journey. */
import type { Point } from '../data/dispatch.ts';
import { kmBetween } from '../state/distance.ts';
import { wrap } from './camera.ts';

/** Within this distance of the middle nothing is too far away, km. */
const alwaysNearKm = 10;
/** Beyond so many times the distance within which three quarters are, something is too far away. */
const farFactor = 3;
/** Of fewer places none is taken for a fault: there are not enough to say so. */
const minPlaces = 5;

/** `places`: where help is needed. `positions`: where devices say that they are. Returns those of both that matter. */
export function chooseMatters(places: readonly Point[], positions: readonly Point[]): readonly Point[] {
  const middle = middleOf(places);
  if (!middle) return positions;
  const distances = places.map((place) => kmBetween(middle, place)).sort((a, b) => a - b);
  const usual = distances[Math.ceil(distances.length * 0.75) - 1] ?? 0;
  const farKm = Math.max(alwaysNearKm, usual * farFactor);
  const isNear = (point: Point) => kmBetween(middle, point) <= farKm;
  return [...(places.length < minPlaces ? places : places.filter(isNear)), ...positions.filter(isNear)];
}

/** The median of each coordinate, by the shorter way around the globe. */
function middleOf(points: readonly Point[]): Point | null {
  const [first] = points;
  if (!first) return null;
  const median = (numbers: readonly number[]) =>
    numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
  return {
    latitud: median(points.map(({ latitud }) => latitud)),
    longitud: wrap(first.longitud + median(points.map(({ longitud }) => wrap(longitud - first.longitud)))),
  };
}
