/** Calculates the lines of latitude and longitude and the scale bar of the map. */
import { unproject, type Camera, type Size } from './camera.ts';

export interface Line {
  readonly degrees: number;
  readonly label: string;
}

export interface Graticule {
  readonly parallels: readonly Line[];
  readonly meridians: readonly Line[];
}

export interface ScaleBar {
  readonly widthPx: number;
  readonly label: string;
}

const minGapPx = 96;
const metresPerDegree = 111_195;

/** The smallest number of 1, 2 or 5 times a power of ten that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((factor) => factor * power >= value * 0.999) ?? 10);
}

export function graticuleOf(camera: Camera, size: Size): Graticule {
  const northWest = unproject({ x: 0, y: 0 }, camera, size);
  const southEast = unproject({ x: size.width, y: size.height }, camera, size);
  const pixelsPerLongitude = size.width / (southEast.longitud - northWest.longitud);
  return {
    parallels: lines(southEast.latitud, northWest.latitud, camera.pixelsPerDegree, ['N', 'S']),
    meridians: lines(northWest.longitud, southEast.longitud, pixelsPerLongitude, ['E', 'W']),
  };
}

function lines(
  from: number,
  to: number,
  pixelsPerDegree: number,
  [positive, negative]: readonly [string, string],
): readonly Line[] {
  const step = roundUp(minGapPx / pixelsPerDegree);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const degrees = (first + index) * step;
    return {
      degrees,
      label: `${Math.abs(degrees).toFixed(digits)}° ${degrees >= 0 ? positive : negative}`,
    };
  });
}

/** The longest bar up to `maxPx` that has a round length. */
export function scaleBarOf({ pixelsPerDegree }: Camera, maxPx: number): ScaleBar {
  const pixelsPerMetre = pixelsPerDegree / metresPerDegree;
  const longest = roundUp(maxPx / pixelsPerMetre);
  const metres = [longest, longest / 2, longest / 2.5, longest / 5].find((length) => {
    return length * pixelsPerMetre <= maxPx && isRound(length);
  })!;
  return {
    widthPx: metres * pixelsPerMetre,
    label: metres >= 1000 ? `${metres / 1000} km` : `${metres} m`,
  };
}

const isRound = (value: number) => Math.abs(roundUp(value) / value - 1) < 0.01;
