/** Projects degrees to pixels and back (equirectangular, true to scale around the centre), and chooses which part of the world is shown. */
import type { Point } from './dispatch.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Camera {
  readonly centre: Point;
  /** For degrees of latitude. A degree of longitude is shorter, by the cosine of the centre's latitude. */
  readonly pixelsPerDegree: number;
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** The map never shows less than this along its shorter side: 0.02° are about 2.2 km. */
const minSpanDegrees = 0.02;
/** The map zooms in when it can show everything larger by this factor. */
const worthwhileGrowth = 1.7;

const shorteningAt = ({ latitud }: Point) => Math.max(0.05, Math.cos((latitud * Math.PI) / 180));

export function project(point: Point, { centre, pixelsPerDegree }: Camera, { width, height }: Size): Pixel {
  return {
    x: width / 2 + (point.longitud - centre.longitud) * shorteningAt(centre) * pixelsPerDegree,
    y: height / 2 - (point.latitud - centre.latitud) * pixelsPerDegree,
  };
}

export function unproject(
  { x, y }: Pixel,
  { centre, pixelsPerDegree }: Camera,
  { width, height }: Size,
): Point {
  return {
    longitud: centre.longitud + (x - width / 2) / (shorteningAt(centre) * pixelsPerDegree),
    latitud: centre.latitud - (y - height / 2) / pixelsPerDegree,
  };
}

/** The largest scale that keeps all points inside the margin. */
export function fit(points: readonly [Point, ...Point[]], size: Size, marginPx: number): Camera {
  const latitudes = points.map(({ latitud }) => latitud);
  const longitudes = points.map(({ longitud }) => longitud);
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const centre = { latitud: (south + north) / 2, longitud: (west + east) / 2 };
  const room = (px: number) => Math.max(1, px - 2 * marginPx);
  const scales = [
    room(size.height) / (north - south),
    room(size.width) / ((east - west) * shorteningAt(centre)),
    Math.min(size.width, size.height) / minSpanDegrees,
  ];
  return { centre, pixelsPerDegree: Math.min(...scales) };
}

/** Whether a point is close to the edge of the map, or everything could be shown much larger. */
export function isWorthMoving(
  from: Camera,
  to: Camera,
  points: readonly Point[],
  size: Size,
  marginPx: number,
): boolean {
  if (to.pixelsPerDegree > from.pixelsPerDegree * worthwhileGrowth) return true;
  return points.some((point) => {
    const { x, y } = project(point, from, size);
    return x < marginPx || y < marginPx || x > size.width - marginPx || y > size.height - marginPx;
  });
}

/** The camera at a share (0 to 1) of the flight. The scale grows by factors, not by sums, so that the zoom looks even. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const mix = (a: number, b: number) => a + (b - a) * share;
  return {
    centre: {
      latitud: mix(from.centre.latitud, to.centre.latitud),
      longitud: mix(from.centre.longitud, to.centre.longitud),
    },
    pixelsPerDegree: from.pixelsPerDegree * (to.pixelsPerDegree / from.pixelsPerDegree) ** share,
  };
}
