/** Calculates the lines of latitude and longitude and the scale bar of the map. */
import { pixelsPerLongitude, unproject, wrap, type Camera, type Size } from './camera.ts';

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
  const { latitud: north } = unproject({ x: 0, y: 0 }, camera, size);
  const { latitud: south } = unproject({ x: 0, y: size.height }, camera, size);
  const scale = pixelsPerLongitude(camera);
  const { longitud: middle } = camera.centre;
  const half = size.width / 2 / scale;
  return {
    parallels: lines(south, north, camera.pixelsPerDegree, ['N', 'S']),
    // Beyond the antimeridian they go on, and are named by what they are there.
    meridians: lines(middle - half, middle + half, scale, ['E', 'W'], wrap),
  };
}

function lines(
  from: number,
  to: number,
  pixelsPerDegree: number,
  [positive, negative]: readonly [string, string],
  named: (degrees: number) => number = (degrees) => degrees,
): readonly Line[] {
  const step = roundUp(minGapPx / pixelsPerDegree);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const degrees = (first + index) * step;
    const name = named(degrees);
    return { degrees, label: `${Math.abs(name).toFixed(digits)}° ${name >= 0 ? positive : negative}` };
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
