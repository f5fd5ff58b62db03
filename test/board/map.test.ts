/** Proves the geometry of the map: projection, camera, lines, scale bar, names, regions and movements. */
import { describe, expect, test } from '@jest/globals';
import { between, fit, isWorthMoving, project, unproject } from '../../src/board/map/camera.ts';
import type { Dispatch, Location, Point } from '../../src/board/data/dispatch.ts';
import { graticuleOf, scaleBarOf } from '../../src/board/map/graticule.ts';
import { Labels } from '../../src/board/map/marks/labels.ts';
import { chooseRegion, groupRegions } from '../../src/board/map/regions.ts';
import { Vehicle } from '../../src/board/data/vehicle.ts';

const size = { width: 800, height: 600 };
const margin = 50;
const paz: Point = { latitud: -16.5, longitud: -68.15 };
const francisco: Point = { latitud: 37.77, longitud: -122.42 };
const east = (point: Point, degrees: number): Point => ({ ...point, longitud: point.longitud + degrees });

describe('the camera', () => {
  const camera = fit([francisco, east(francisco, 0.1)], size, margin);

  test('has all points inside its margins, north up, and projects back', () => {
    const { x, y } = project(francisco, camera, size);
    expect([Math.round(x), Math.round(y)]).toEqual([margin, 300]);
    const back = unproject({ x, y }, camera, size);
    expect(back.latitud).toBeCloseTo(francisco.latitud, 9);
    expect(back.longitud).toBeCloseTo(francisco.longitud, 9);
    expect(project({ ...francisco, latitud: 38 }, camera, size).y).toBeLessThan(y);
  });

  test('is true to scale: a kilometre to the north is as long as one to the east', () => {
    const north = project({ ...francisco, latitud: francisco.latitud + 0.01 }, camera, size);
    const eastward = project(
      east(francisco, 0.01 / Math.cos((francisco.latitud * Math.PI) / 180)),
      camera,
      size,
    );
    const from = project(francisco, camera, size);
    expect(from.y - north.y).toBeCloseTo(eastward.x - from.x, 1);
  });

  test('moves when something leaves the map or has become small, and otherwise stays', () => {
    const isMoving = (...points: [Point, ...Point[]]) =>
      isWorthMoving(camera, fit(points, size, margin), points, size, 20);
    expect(isMoving(francisco, east(francisco, 0.09))).toBe(false);
    expect(isMoving(francisco, east(francisco, 0.2))).toBe(true);
    expect(isMoving(francisco, east(francisco, 0.03))).toBe(true);
  });

  test('arrives at its target, and never shows less than two kilometres', () => {
    const single = fit([paz], size, margin);
    expect(size.height / single.pixelsPerDegree).toBeCloseTo(0.02);
    expect(between(camera, single, 1)).toEqual(single);
    expect(between(camera, single, 0)).toEqual(camera);
  });
});

test('lines are at round degrees and say N, S, E or W; the scale bar has a round length', () => {
  const camera = fit([paz, east(paz, 0.1)], size, margin);
  const { parallels, meridians } = graticuleOf(camera, size);
  expect(parallels.map(({ label }) => label)).toContain('16.50° S');
  expect(meridians.map(({ label }) => label)).toContain('68.10° W');
  const bar = scaleBarOf(camera, 110);
  expect(bar.label).toBe('1 km');
  expect(bar.widthPx).toBeGreaterThan(40);
  expect(bar.widthPx).toBeLessThanOrEqual(110);
});

describe('of regions far apart', () => {
  const at = (id: string, origen: Point) => ({ id, origen: { ...origen, direccion: null } }) as Dispatch;
  const inPaz = [at('1', paz)];
  const inFrancisco = ['2', '3', '4'].map((id) => at(id, francisco));
  const regions = groupRegions([...inFrancisco, ...inPaz]);
  const choose = (selectedId: string | null, shown: Point | null, isPinned = false) =>
    chooseRegion(regions, { selectedId, shown, isPinned })
      ?.dispatches.map(({ id }) => id)
      .toSorted();

  test('the map shows one: that with most dispatches, or that of the selected one, or the one that was chosen', () => {
    expect(choose(null, null)).toEqual(['2', '3', '4']);
    expect(choose('1', null)).toEqual(['1']);
    expect(choose(null, paz)).toEqual(['2', '3', '4']);
    expect(choose(null, paz, true)).toEqual(['1']);
  });

  test('and stays with it while no other has many more dispatches', () => {
    const even = groupRegions([...inFrancisco.slice(1), ...inPaz]);
    expect(chooseRegion(even, { selectedId: null, shown: paz, isPinned: false })?.dispatches).toEqual(inPaz);
  });
});

test('names stand beside their signs, do not cover each other, and stay on their side', () => {
  const labels = new Labels();
  const sign = (id: string, x: number, y: number) => ({ id, text: `A0${id}`, x, y });
  expect([...labels.place([sign('1', 100, 100), sign('2', 125, 100)])]).toEqual([
    ['1', 'left'],
    ['2', 'right'],
  ]);
  const apart = labels.place([sign('1', 100, 100), sign('2', 300, 100)]);
  expect(apart.get('1')).toBe('left');
});

describe('an ambulance', () => {
  const location = (longitud: number): Location => ({
    ...{ latitud: 0, longitud, velocidad: 40, rumbo: 90 },
    receivedAt: '2026-11-24T10:00:00.000Z',
  });

  test('moves smoothly from report to report, and leaves a trail', () => {
    const vehicle = new Vehicle([location(0)]);
    vehicle.report(location(0.01), 1_000);
    expect(vehicle.position(1_000).longitud).toBe(0);
    expect(vehicle.position(1_500).longitud).toBeCloseTo(0.005);
    expect(vehicle.trail(1_500).map(({ longitud }) => longitud)).toEqual([0, 0.005]);
    expect(vehicle.isMoving(1_500)).toBe(true);
    expect(vehicle.position(9_000).longitud).toBe(0.01);
    expect(vehicle.isMoving(9_000)).toBe(false);
  });

  test('is at once at the place of a report from far away, without a trail across the map', () => {
    const vehicle = new Vehicle([location(0)]);
    vehicle.report(location(5), 1_000);
    expect(vehicle.position(1_000).longitud).toBe(5);
    expect(vehicle.trail(1_000)).toHaveLength(1);
  });
});
