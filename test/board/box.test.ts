/** Proves which part of the map is watched for a view, and that it stays while the map is moved a little. */
import { expect, test } from '@jest/globals';
import { chooseBox, contains } from '../../src/board/map/box.ts';
import { fit, pan, zoom, type Camera } from '../../src/board/map/camera.ts';

const size = { width: 800, height: 600 };
const middle = { x: 400, y: 300 };
const at = (latitud: number, longitud: number): Camera => fit([{ latitud, longitud }], size, 0);

test.each([
  ['in a city', -16.5, -68.15],
  ['at the anti-meridian', 10, 179.995],
  ['in the far north', 84.99, 20],
])('what is seen is in the box, and so is a quarter more on each side, %s', (_where, latitud, longitud) => {
  const box = chooseBox(null, at(latitud, longitud), size)!;
  expect(contains(box, { latitud, longitud })).toBe(true);
  expect(contains(box, { latitud: -latitud, longitud })).toBe(false);
  expect(contains(box, { latitud, longitud: longitud - 170 })).toBe(false);
  expect(box.norte).toBeGreaterThan(box.sur);
  expect(box.oeste).not.toBe(box.este);
});

test('the same box is watched until the map shows something beyond it, or much less', () => {
  const camera = at(-16.5, -68.15);
  const box = chooseBox(null, camera, size);
  expect(chooseBox(box, pan(camera, size, { x: 150, y: -100 }), size)).toBe(box);
  expect(chooseBox(box, zoom(camera, size, 2, middle), size)).toBe(box);
  const moved = chooseBox(box, pan(camera, size, { x: 250, y: 0 }), size)!;
  expect(moved.oeste).toBeLessThan(box!.oeste);
  const closer = chooseBox(box, zoom(camera, size, 4, middle), size)!;
  expect(closer.norte - closer.sur).toBeLessThan((box!.norte - box!.sur) / 2);
});

test('a map of all the globe has no box', () => {
  expect(
    chooseBox(null, { centre: { latitud: 0, longitud: 0 }, pixelsPerDegree: 800 / 360 }, size),
  ).toBeNull();
});
