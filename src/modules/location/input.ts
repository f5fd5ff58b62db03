/** Checks the positions that clients send. */
import type { LocationInput } from '../../generated/resolvers.ts';
import { storedDate } from '../../db/stored-date.ts';
import { badUserInput } from '../../lib/errors.ts';
import { parseOptionalNumber, parsePoint } from '../../schema/input.ts';
import type { NewLocation } from './location-repository.ts';

/**
 * What is impossible is refused, what is odd is kept. What devices say instead of "not known" is no number: iOS has -1 for a course,
 * speed or accuracy, and a speed of -1 m/s in km/h is -3.6.
 *
 * @throws BAD_USER_INPUT naming the first field that is out of bounds
 */
export function parseNewLocation(input: LocationInput): NewLocation {
  const { velocidad, rumbo, precision, recordedAt } = input;
  return {
    ...parseFix(input),
    altitud: parseOptionalNumber('input.altitud', input.altitud, { min: -1_000, max: 20_000 }),
    velocidad: parseOptionalNumber('input.velocidad', known(velocidad, -1, -3.6), { min: 0, max: 999.99 }),
    // A full circle is north, too.
    rumbo: rumbo === 360 ? 0 : parseOptionalNumber('input.rumbo', known(rumbo, -1), { min: 0, below: 360 }),
    precision: parseOptionalNumber('input.precision', known(precision, -1), { min: 0 }),
    recordedAt: recordedAt ? storedDate(recordedAt.getTime()) : null,
  };
}

const known = (value: number | null | undefined, ...unknown: readonly number[]) =>
  value == null || unknown.includes(value) ? null : value;

/** Receivers without a fix report 0, 0, which is in the sea: an ambulance that is exactly there is nowhere. */
function parseFix(input: LocationInput): Pick<NewLocation, 'latitud' | 'longitud'> {
  const point = parsePoint('input', input);
  if (point.latitud === 0 && point.longitud === 0)
    throw badUserInput(
      'input.latitud and input.longitud are both exactly 0: that is what a receiver without a fix says, and no position.',
      { field: 'input', reason: 'NO_FIX' },
    );
  return point;
}
