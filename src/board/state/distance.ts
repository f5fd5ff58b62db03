/** Measures how far points are from each other, on the whole globe. */
import type { Point } from '../data/dispatch.ts';

const earthRadiusKm = 6_371;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The great-circle distance. */
export function kmBetween(a: Point, b: Point): number {
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2;
  const share =
    half(a.latitud, b.latitud) +
    Math.cos(radians(a.latitud)) * Math.cos(radians(b.latitud)) * half(a.longitud, b.longitud);
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(share)));
}
