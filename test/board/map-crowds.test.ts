/** Proves what the map does where dispatches are many, far apart, or said to be where they cannot be. */
import { describe, expect, test } from '@jest/globals';
import { fit, pan, project, unproject, zoom } from '../../src/board/map/camera.ts';
import { clusterSigns } from '../../src/board/map/clusters.ts';
import { graticuleOf } from '../../src/board/map/graticule.ts';
import { chooseMatters } from '../../src/board/map/matters.ts';
import { addressOf, tilesOf } from '../../src/board/map/tiles.ts';
import type { Point } from '../../src/board/data/dispatch.ts';

const size = { width: 800, height: 600 };
const margin = 50;
const at = (latitud: number, longitud: number): Point => ({ latitud, longitud });
const fitted = (points: readonly Point[]) => fit(points as [Point, ...Point[]], size, margin);

describe('the map is fitted', () => {
  const calls = [at(37.77, -122.42), at(37.78, -122.41), at(37.76, -122.43), at(37.775, -122.4)];

  test('to what matters: a position at 0, 0 changes nothing', () => {
    const positions = [at(37.771, -122.421), at(0.001, 0)];
    expect(chooseMatters(calls, positions)).toEqual([...calls, positions[0]]);
    expect(fitted(chooseMatters(calls, positions))).toEqual(fitted([...calls, positions[0]!]));
  });

  test('to all calls while they are few, and not to one far outside of many', () => {
    const far = at(38.6, -122.4);
    expect(chooseMatters([...calls.slice(0, 3), far], [])).toContain(far);
    expect(chooseMatters([...calls, ...calls, far], [])).toHaveLength(8);
  });

  test('on both sides of the antimeridian, as close as they are', () => {
    const [west, east] = [at(-17, 179.9), at(-17, -179.9)];
    const camera = fitted([west, east]);
    expect(Math.abs(camera.centre.longitud)).toBeCloseTo(180);
    const [a, b] = [project(west, camera, size), project(east, camera, size)];
    expect([Math.round(a.x), Math.round(b.x)]).toEqual([margin, size.width - margin]);
    expect(unproject({ x: b.x, y: 300 }, camera, size).longitud).toBeCloseTo(-179.9);
    const { meridians } = graticuleOf(camera, size);
    expect(meridians.map(({ label }) => label.at(-1))).toEqual(expect.arrayContaining(['E', 'W']));
  });
});

describe('by hand', () => {
  const camera = fitted([at(37.7, -122.5), at(37.8, -122.4)]);
  const pointer = { x: 200, y: 450 };

  test('it is moved by as many pixels as the hand', () => {
    const before = project(at(37.75, -122.45), camera, size);
    const after = project(at(37.75, -122.45), pan(camera, size, { x: 120, y: -80 }), size);
    expect(after.x - before.x).toBeCloseTo(120);
    expect(after.y - before.y).toBeCloseTo(-80);
  });

  test('it is zoomed around the pointer, within bounds', () => {
    const below = unproject(pointer, camera, size);
    const { x, y } = project(below, zoom(camera, size, 3, pointer), size);
    expect(x).toBeCloseTo(pointer.x);
    expect(y).toBeCloseTo(pointer.y);
    const far = zoom(camera, size, 1e-9, pointer);
    expect(far).toEqual(zoom(far, size, 1e-9, pointer));
    const close = zoom(camera, size, 1e9, pointer);
    expect(size.height / close.pixelsPerDegree).toBeGreaterThan(0.0005);
  });
});

describe('of many signs', () => {
  const signs = Array.from({ length: 200 }, (_, index) => ({
    id: String(index),
    place: at(37.7 + (index % 10) * 0.01, -122.5 + Math.floor(index / 10) * 0.01),
    isAlone: index === 7,
  }));
  const camera = fitted(signs.map(({ place }) => place));

  test('those that are close are put together, none is lost, and the selected one stands alone', () => {
    const { alone, clusters } = clusterSigns(signs, camera, 90);
    const ids = [...alone, ...clusters.flatMap(({ members }) => members)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(200);
    expect(ids).toHaveLength(200);
    expect(alone.map(({ id }) => id)).toContain('7');
    expect(alone.length + clusters.length).toBeLessThan(100);
  });

  test('few are all drawn, and clusters stay what they are while the map is moved', () => {
    expect(clusterSigns(signs.slice(0, 90), camera, 90).alone).toHaveLength(90);
    const moved = pan(camera, size, { x: 37, y: 0 });
    const idsOf = (look: typeof camera) => clusterSigns(signs, look, 90).clusters.map(({ id }) => id);
    expect(idsOf(moved)).toEqual(idsOf(camera));
  });
});

test('tiles cover the map, where it is, also across the antimeridian', () => {
  const camera = fitted([at(-17.1, 179.9), at(-16.9, -179.9)]);
  const tiles = tilesOf(camera, size);
  const { z, widthPx } = tiles[0]!;
  expect(widthPx).toBeGreaterThan(256 / 1.5);
  expect(widthPx).toBeLessThan(256 * 1.5);
  expect(Math.min(...tiles.map(({ left }) => left))).toBeLessThanOrEqual(0);
  expect(Math.max(...tiles.map(({ left }) => left + widthPx))).toBeGreaterThanOrEqual(size.width);
  expect(Math.min(...tiles.map(({ top }) => top))).toBeLessThanOrEqual(0);
  expect(Math.max(...tiles.map(({ top }) => top + widthPx))).toBeGreaterThanOrEqual(size.height);
  expect(tiles.map(({ x }) => x)).toEqual(expect.arrayContaining([0, 2 ** z - 1]));
  expect(addressOf('https://tiles.example/{z}/{x}/{y}.png', { z: 3, x: 1, y: 2 })).toBe(
    'https://tiles.example/3/1/2.png',
  );
});

test('the tile of a place has that place', () => {
  const paz = at(-16.5, -68.15);
  const camera = fitted([paz]);
  const { x, y, z } = tilesOf(camera, size).find(
    ({ left, top, widthPx }) => left <= 400 && 400 < left + widthPx && top <= 300 && 300 < top + widthPx,
  )!;
  // The formula of OpenStreetMap's wiki, for slippy map tilenames.
  const radians = (paz.latitud * Math.PI) / 180;
  expect([x, y]).toEqual([
    Math.floor(((paz.longitud + 180) / 360) * 2 ** z),
    Math.floor(((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * 2 ** z),
  ]);
});
