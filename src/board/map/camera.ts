/** Projects degrees to pixels and back, as maps of streets do (Web Mercator), with whatever is nearest to the centre in the middle. */
import type { Point } from '../data/dispatch.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Camera {
  readonly centre: Point;
  /** For degrees of latitude at the centre. A degree of longitude is shorter there, by the cosine of its latitude. */
  readonly pixelsPerDegree: number;
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** The map never fits less than this along its shorter side: 0.02° are about 2.2 km. */
const minSpanDegrees = 0.02;
/** By hand it may be less: about 110 m. */
const closestSpanDegrees = 0.001;
/** The map zooms in when it can show everything larger by this factor. */
const worthwhileGrowth = 1.7;
/** The poles are infinitely far away. */
const maxLatitude = 85;

const radians = Math.PI / 180;
const shorteningAt = ({ latitud }: Point) =>
  Math.cos(Math.max(-maxLatitude, Math.min(maxLatitude, latitud)) * radians);

/** Degrees east, from -180 to 180: the shorter way around the globe. */
export const wrap = (degrees: number): number =>
  Math.abs(degrees) <= 180 ? degrees : ((((degrees + 180) % 360) + 360) % 360) - 180;

/** How far north a latitude is drawn, in degrees of longitude. */
function northing(latitud: number): number {
  const bounded = Math.max(-maxLatitude, Math.min(maxLatitude, latitud)) * radians;
  return Math.log(Math.tan(Math.PI / 4 + bounded / 2)) / radians;
}

const latitudeAt = (north: number) => (2 * Math.atan(Math.exp(north * radians)) - Math.PI / 2) / radians;

/** The same everywhere on the map. */
export const pixelsPerLongitude = (camera: Camera): number =>
  shorteningAt(camera.centre) * camera.pixelsPerDegree;

export function project(point: Point, camera: Camera, { width, height }: Size): Pixel {
  const scale = pixelsPerLongitude(camera);
  const { centre } = camera;
  return {
    x: width / 2 + wrap(point.longitud - centre.longitud) * scale,
    y: height / 2 - (northing(point.latitud) - northing(centre.latitud)) * scale,
  };
}

export function unproject({ x, y }: Pixel, camera: Camera, { width, height }: Size): Point {
  const scale = pixelsPerLongitude(camera);
  const { centre } = camera;
  return {
    longitud: wrap(centre.longitud + (x - width / 2) / scale),
    latitud: latitudeAt(northing(centre.latitud) - (y - height / 2) / scale),
  };
}

/** A camera there that draws a degree of longitude as long as this one does. */
function moveTo(camera: Camera, centre: Point): Camera {
  const latitud = Math.max(-maxLatitude, Math.min(maxLatitude, centre.latitud));
  const there = { latitud, longitud: wrap(centre.longitud) };
  return { centre: there, pixelsPerDegree: pixelsPerLongitude(camera) / shorteningAt(there) };
}

/** Moves what is shown by so many pixels. */
export function pan(camera: Camera, size: Size, { x, y }: Pixel): Camera {
  return moveTo(camera, unproject({ x: size.width / 2 - x, y: size.height / 2 - y }, camera, size));
}

/** Shows it larger by a factor; what is at `at` stays there. */
export function zoom(camera: Camera, size: Size, factor: number, at: Pixel): Camera {
  const [least, most] = [size.width / 360, Math.min(size.width, size.height) / closestSpanDegrees];
  const wished = pixelsPerLongitude(camera) * factor;
  const bounded = Math.max(least, Math.min(most * shorteningAt(camera.centre), wished));
  const fixed = unproject(at, camera, size);
  const scaled = { ...camera, pixelsPerDegree: bounded / shorteningAt(camera.centre) };
  const { x, y } = project(fixed, scaled, size);
  return pan(scaled, size, { x: at.x - x, y: at.y - y });
}

/** The same scale around another centre. */
export const centreOn = (camera: Camera, point: Point): Camera => moveTo(camera, point);

/** The largest scale that keeps all points inside the margin. */
export function fit(points: readonly [Point, ...Point[]], size: Size, marginPx: number): Camera {
  const latitudes = points.map(({ latitud }) => latitud);
  const { middle, span } = longitudesOf(points);
  const norths = [northing(Math.min(...latitudes)), northing(Math.max(...latitudes))] as const;
  const centre = { latitud: latitudeAt((norths[0] + norths[1]) / 2), longitud: middle };
  const room = (px: number) => Math.max(1, px - 2 * marginPx);
  const shortening = shorteningAt(centre);
  const scales = [
    room(size.height) / ((norths[1] - norths[0]) * shortening),
    room(size.width) / (span * shortening),
    Math.min(size.width, size.height) / minSpanDegrees,
  ];
  return { centre, pixelsPerDegree: Math.min(...scales) };
}

/** The narrowest part of the globe that has them all: its other side is their widest gap. */
function longitudesOf(points: readonly Point[]): { readonly middle: number; readonly span: number } {
  const sorted = points.map(({ longitud }) => wrap(longitud)).sort((a, b) => a - b);
  let [gap, west] = [sorted[0]! + 360 - sorted.at(-1)!, sorted[0]!];
  for (const [index, longitud] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && longitud - before > gap) [gap, west] = [longitud - before, longitud];
  }
  const span = 360 - gap;
  return { middle: wrap(west + span / 2), span };
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
  return points.some((point) => !isInside(project(point, from, size), size, -marginPx));
}

/** `beyondPx`: how far outside of the map it still counts as inside. */
export const isInside = ({ x, y }: Pixel, { width, height }: Size, beyondPx: number): boolean =>
  x >= -beyondPx && y >= -beyondPx && x <= width + beyondPx && y <= height + beyondPx;

/** The camera at a share (0 to 1) of the flight. The scale grows by factors, not by sums, so that the zoom looks even. */
export function between(from: Camera, to: Camera, share: number): Camera {
  if (share <= 0) return from;
  if (share >= 1) return to;
  const { centre: start } = from;
  const { centre: end } = to;
  return {
    centre: {
      latitud: start.latitud + (end.latitud - start.latitud) * share,
      longitud: wrap(start.longitud + wrap(end.longitud - start.longitud) * share),
    },
    pixelsPerDegree: from.pixelsPerDegree * (to.pixelsPerDegree / from.pixelsPerDegree) ** share,
  };
}
