/** Checks the positions that clients send. */
import type { LocationInput } from '../../generated/resolvers.ts';
import { parseOptionalNumber, parsePoint, refuseInput } from '../../schema/input.ts';
import type { NewLocation } from './location-repository.ts';

/** Clocks of devices are a little wrong; a time further in the future than this is refused. */
const maxAheadMs = 60_000;

/** @throws BAD_USER_INPUT naming the first field that is out of bounds */
export function parseNewLocation(input: LocationInput, nowMs: number): NewLocation {
  return {
    ...parsePoint('input', input),
    altitud: parseOptionalNumber('input.altitud', input.altitud, { min: -1_000, max: 20_000 }),
    velocidad: parseOptionalNumber('input.velocidad', input.velocidad, { min: 0, max: 999.99 }),
    rumbo: parseOptionalNumber('input.rumbo', input.rumbo, { min: 0, below: 360 }),
    precision: parseOptionalNumber('input.precision', input.precision, { min: 0 }),
    recordedAt: input.recordedAt ? parseRecordedAt(input.recordedAt, nowMs) : null,
  };
}

function parseRecordedAt(recordedAt: Date, nowMs: number): string {
  if (recordedAt.getTime() > nowMs + maxAheadMs)
    refuseInput(
      'input.recordedAt',
      `must be at most one minute in the future, and is ${recordedAt.toISOString()}`,
    );
  return recordedAt.toISOString();
}
