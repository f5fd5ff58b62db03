/** Parts of the map between two latitudes and two longitudes, as the service watches them. */
import type { Point } from '../data/dispatch.ts';
import { pixelsPerLongitude, unproject, wrap, type Camera, type Size } from './camera.ts';

/** Degrees, WGS 84. Where `oeste` is larger than `este` it lies across the anti-meridian. */
export interface Box {
  readonly norte: number;
  readonly sur: number;
  readonly oeste: number;
  readonly este: number;
}

/** Of what is watched so much lies beyond each edge of what is seen: a map that is moved a little needs nothing else. */
const beyondShare = 0.25;
/** A box so many times as wide as what is seen is more than is needed. */
const muchWider = 4;

const spanOf = ({ oeste, este }: Box): number => (este >= oeste ? este - oeste : este - oeste + 360);

export const contains = (box: Box, { latitud, longitud }: Point): boolean =>
  latitud <= box.norte && latitud >= box.sur && eastOf(box.oeste, longitud) <= spanOf(box);

/** Degrees from a longitude to another one, eastwards. */
const eastOf = (oeste: number, longitud: number): number => (longitud - oeste + 360) % 360;

/** What a map shows, with so much of its size on each side; null where that goes round the globe. */
function boxOf(camera: Camera, size: Size, share: number): Box | null {
  const { width, height } = size;
  const [x, y] = [width * share, height * share];
  if ((width + 2 * x) / pixelsPerLongitude(camera) >= 360) return null;
  const northWest = unproject({ x: -x, y: -y }, camera, size);
  const southEast = unproject({ x: width + x, y: height + y }, camera, size);
  return {
    norte: northWest.latitud,
    sur: southEast.latitud,
    oeste: wrap(northWest.longitud),
    este: wrap(southEast.longitud),
  };
}

/** The box to be watched for this view: the one that is, as long as it has all of the view and is not much larger. Null: all the globe. */
export function chooseBox(watched: Box | null, camera: Camera, size: Size): Box | null {
  const seen = boxOf(camera, size, 0);
  if (!seen) return null;
  const { norte, sur, oeste, este } = seen;
  const corners = [
    { latitud: norte, longitud: oeste },
    { latitud: sur, longitud: este },
  ];
  const isGood =
    watched !== null &&
    corners.every((corner) => contains(watched, corner)) &&
    spanOf(watched) <= spanOf(seen) * muchWider;
  return isGood ? watched : boxOf(camera, size, beyondShare);
}
