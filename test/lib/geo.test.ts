/** Distances on the globe agree with what others have measured. */
import { expect, test } from '@jest/globals';
import { haversineKm } from '../../src/lib/geo.ts';

const nashville = { latitud: 36.12, longitud: -86.67 };
const losAngeles = { latitud: 33.94, longitud: -118.4 };

test('two airports are as far apart as other implementations say', () => {
  // The example of rosettacode.org/wiki/Haversine_formula, which takes 6372.8 km for the radius.
  const km = (2887.2599506071106 / 6372.8) * 6371.0088;
  expect(haversineKm(nashville, losAngeles)).toBeCloseTo(km, 6);
  expect(haversineKm(losAngeles, nashville)).toBeCloseTo(km, 6);
});

test('a place is no distance from itself, and half the circumference from its antipode', () => {
  expect(haversineKm(nashville, nashville)).toBe(0);
  expect(haversineKm({ latitud: 0.3, longitud: 20 }, { latitud: -0.3, longitud: -160 })).toBeCloseTo(
    20015.115,
    2,
  );
});

test('the date line is no detour', () => {
  const km = haversineKm({ latitud: 0, longitud: 179.5 }, { latitud: 0, longitud: -179.5 });
  expect(km).toBeCloseTo(111.195, 2);
});
