/** Puts together what would be drawn on top of each other: signs of the same cell of a grid that lies on the globe, not on the screen. */
import type { Point } from '../data/dispatch.ts';
import { pixelsPerLongitude, project, type Camera, type Pixel, type Size } from './camera.ts';

export interface Clusterable {
  readonly id: string;
  readonly place: Point;
  /** Never put together with others. */
  readonly isAlone: boolean;
}

export interface Cluster<T> {
  readonly id: string;
  readonly place: Point;
  readonly members: readonly T[];
}

export interface Clustered<T> {
  readonly alone: readonly T[];
  readonly clusters: readonly Cluster<T>[];
}

/** The smallest width of a cell on the screen, which is up to twice as wide until the grid changes. */
const cellPx = 50;
const atZero: Size = { width: 0, height: 0 };

/**
 * `most`: up to so many signs all are drawn. Of more, those that share a cell are put together. The grid stays where it is while the map
 * is moved, and changes only as its scale doubles, so that clusters do not flicker.
 */
export function clusterSigns<T extends Clusterable>(
  signs: readonly T[],
  camera: Camera,
  most: number,
): Clustered<T> {
  if (signs.length <= most) return { alone: signs, clusters: [] };
  const level = 2 ** Math.floor(Math.log2(pixelsPerLongitude(camera)));
  const origin: Camera = { centre: { latitud: 0, longitud: 0 }, pixelsPerDegree: level };
  const cells = new Map<string, T[]>();
  const alone: T[] = [];
  for (const sign of signs) {
    if (sign.isAlone) {
      alone.push(sign);
      continue;
    }
    const key = cellOf(project(sign.place, origin, atZero));
    const cell = cells.get(key);
    if (cell) cell.push(sign);
    else cells.set(key, [sign]);
  }
  const clusters: Cluster<T>[] = [];
  for (const [key, members] of cells) {
    if (members.length === 1) alone.push(members[0]!);
    else clusters.push({ id: `${level}:${key}`, members, place: centreOf(members) });
  }
  return { alone, clusters };
}

const cellOf = ({ x, y }: Pixel) => `${Math.floor(x / cellPx)}:${Math.floor(y / cellPx)}`;

/** Members of a cell never lie on both sides of the antimeridian, which is an edge of the grid. */
const centreOf = (members: readonly Clusterable[]): Point => ({
  latitud: members.reduce((sum, { place }) => sum + place.latitud, 0) / members.length,
  longitud: members.reduce((sum, { place }) => sum + place.longitud, 0) / members.length,
});
