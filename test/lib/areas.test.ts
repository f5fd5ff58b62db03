/** Whatever is in a box, or crosses it, is told in a cell that the box has: in cities, at the anti-meridian and at the poles. */
import geohash from 'ngeohash';
import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import { contains, crosses, turn, type Box } from '../../src/lib/areas/box.ts';
import { cellsOfBox, cellsOfMove, maxCellsOfBox, maxCellsOfWay } from '../../src/lib/areas/cells.ts';
import type { Coordinates } from '../../src/lib/geo.ts';

const at = (latitud: number, longitud: number): Coordinates => ({ latitud, longitud });
const city: Box = { south: -16.6, west: -68.2, north: -16.4, east: -68 };
const pacific: Box = { south: -20, west: 178, north: -10, east: -178 };
const world: Box = { south: -90, west: -180, north: 90, east: 180 };

describe('a box contains', () => {
  test.each([
    ['a point in it', city, at(-16.5, -68.1), true],
    ['its edge', city, at(-16.6, -68.2), true],
    ['no point beside it', city, at(-16.5, -67.9), false],
    ['no point above it', city, at(-16.3, -68.1), false],
    ['what lies before the anti-meridian', pacific, at(-15, 179), true],
    ['what lies behind it', pacific, at(-15, -179), true],
    ['what lies on it, by either name', pacific, at(-15, 180), true],
    ['what lies on it, by the other name', pacific, at(-15, -180), true],
    ['nothing on the other side of the world', pacific, at(-15, 0), false],
    ['what lies on the anti-meridian, where it ends there', { ...pacific, east: 180 }, at(-15, -180), true],
    ['a pole at any longitude', { south: 80, west: 10, north: 90, east: 20 }, at(90, -170), true],
    ['no pole that it does not reach', { south: 80, west: 10, north: 89, east: 20 }, at(90, 15), false],
  ])('%s', (_what, box, point, isIn) => expect(contains(box, point)).toBe(isIn));
});

describe('a way crosses a box', () => {
  test.each([
    ['that it goes through', city, at(-16.5, -68.3), at(-16.5, -67.9), true],
    ['that it begins in', city, at(-16.5, -68.1), at(-16.5, -67.9), true],
    ['at a corner', city, at(-16.31, -68.1), at(-16.51, -67.9), true],
    ['but not where it goes past', city, at(-16.2, -68.1), at(-16.4, -67.9), false],
    ['nor where it ends before', city, at(-16.5, -68.4), at(-16.5, -68.3), false],
    ['at the anti-meridian, the shorter way', pacific, at(-15, 177), at(-15, -177), true],
    ['but not the longer way', city, at(-16.5, 177), at(-16.5, -177), false],
    ['without moving', city, at(-16.5, -68.1), at(-16.5, -68.1), true],
  ])('%s', (_what, box, from, to, does) => {
    expect(crosses(box, from, to)).toBe(does);
    expect(crosses(box, to, from)).toBe(does);
  });

  test('the shorter way round', () => {
    expect([turn(170, -170), turn(-170, 170), turn(10, 30), turn(0, 0)]).toEqual([20, -20, 20, 0]);
  });
});

describe('cells', () => {
  test.each([
    ['a city', city, 5],
    ['a district', { south: -16.51, west: -68.11, north: -16.5, east: -68.1 }, 5],
    ['a country', { south: -22.9, west: -69.6, north: -9.7, east: -57.5 }, 3],
    ['a region', { south: -18, west: -69, north: -15, east: -66 }, 3],
    ['across the anti-meridian', pacific, 3],
    ['at the pole', { south: 89.9, west: 0, north: 90, east: 1 }, 5],
    ['round the pole', { south: 89.9, west: -180, north: 90, east: 180 }, 1],
    ['the world', world, 1],
  ])('of %s are few, of the finest size that allows it', (_what, box, level) => {
    const cells = cellsOfBox(box);
    expect(cells.length).toBeLessThanOrEqual(maxCellsOfBox);
    expect(new Set(cells.map(({ length }) => length))).toEqual(new Set([level]));
  });

  test('of a position are those by its name in the grid, one of each size', () => {
    const point = at(57.64911, 10.40744);
    expect(cellsOfMove(null, point)).toEqual({ cells: ['u4pru', 'u4p', 'u'], isJump: false });
    expect(geohash.encode(point.latitud, point.longitud, 5)).toBe('u4pru');
  });

  test('a way over too many of them is a jump, which is told at both ends', () => {
    const [from, to] = [at(-16.5, -68.1), at(-17.4, -66.2)];
    const jump = cellsOfMove(from, to);
    expect(jump.isJump).toBe(true);
    const ends = [from, to].flatMap((end) => cellsOfMove(null, end).cells);
    expect(new Set(jump.cells)).toEqual(new Set(ends));
    expect(cellsOfMove(at(89.99, 0), at(89.99, 170)).isJump).toBe(true);
    expect(cellsOfMove(at(-15, 179.99), at(-15, -179.99)).isJump).toBe(false);
  });

  const random = createRandom(21);
  const between = (min: number, max: number) => min + (max - min) * random();
  const places = [
    ...[at(-16.5, -68.1), at(0, 0), at(40, 180), at(40, -180), at(-15, 179.95)],
    ...[at(89.97, 10), at(-89.97, -170), at(90, 77), at(-90, 0), at(57, 10.4)],
  ];

  test.each(places)('whatever happens in a box near %j is told to who watches it', (place) => {
    let crossings = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const near = (spread: number): Coordinates => ({
        latitud: Math.max(-90, Math.min(90, place.latitud + between(-spread, spread))),
        longitud: turn(0, place.longitud + between(-spread, spread)),
      });
      const [from, to] = [near(0.1), near(0.1)];
      const [one, other] = [near(0.2), near(0.2)];
      const isForward = turn(one.longitud, other.longitud) >= 0;
      const box: Box = {
        south: Math.min(one.latitud, other.latitud),
        north: Math.max(one.latitud, other.latitud),
        west: isForward ? one.longitud : other.longitud,
        east: isForward ? other.longitud : one.longitud,
      };
      const { cells, isJump } = cellsOfMove(from, to);
      const watched = new Set(cellsOfBox(box));
      const matters = [from, to].some((end) => contains(box, end)) || (!isJump && crosses(box, from, to));
      if (!matters) continue;
      crossings += 1;
      expect({ box, from, to, isTold: cells.some((cell) => watched.has(cell)) }).toMatchObject({
        isTold: true,
      });
      if (!isJump) expect(cells.length).toBeLessThanOrEqual(3 * maxCellsOfWay);
    }
    expect(crossings).toBeGreaterThan(100);
  });
});
