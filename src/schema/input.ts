/** Owns how values from clients are checked, and what a client is told when one is out of bounds. */
import { badUserInput } from '../lib/errors.ts';

/** Says which argument or input field is wrong, what it may be and what it was. */
export function refuseInput(field: string, rule: string): never {
  throw badUserInput(`${field} ${rule}.`, { field });
}

export interface NumberBounds {
  readonly min: number;
  readonly max?: number;
  /** Smaller than this, not equal to it. */
  readonly below?: number;
}

/** @throws BAD_USER_INPUT unless it is finite and within the bounds */
export function parseNumber(field: string, value: number, { min, max, below }: NumberBounds): number {
  // A literal such as 1e999 reaches resolvers as Infinity.
  const fits =
    Number.isFinite(value) && value >= min && value <= (max ?? value) && value < (below ?? Infinity);
  if (fits) return value;
  const range =
    max !== undefined
      ? `from ${min} to ${max}`
      : below !== undefined
        ? `from ${min} to below ${below}`
        : `${min} or more`;
  return refuseInput(field, `must be ${range}, and is ${value}`);
}

/** As `parseNumber`, for what may be left out. */
export function parseOptionalNumber(
  field: string,
  value: number | null | undefined,
  bounds: NumberBounds,
): number | null {
  return value == null ? null : parseNumber(field, value, bounds);
}

export interface Point {
  readonly latitud: number;
  readonly longitud: number;
}

/** @throws BAD_USER_INPUT unless it is a point on the globe */
export function parsePoint(field: string, { latitud, longitud }: Point): Point {
  return {
    latitud: parseNumber(`${field}.latitud`, latitud, { min: -90, max: 90 }),
    longitud: parseNumber(`${field}.longitud`, longitud, { min: -180, max: 180 }),
  };
}

/** @throws BAD_USER_INPUT when it has more characters than allowed */
export function parseText(field: string, text: string, maxLength: number): string {
  // By code points, so that a character counts once in every script.
  if (text.length > maxLength && [...text].length > maxLength)
    refuseInput(field, `must have at most ${maxLength} characters, and has ${[...text].length}`);
  return text;
}

/** As `parseText`, for what may be left out. */
export function parseOptionalText(
  field: string,
  text: string | null | undefined,
  maxLength: number,
): string | null {
  return text == null ? null : parseText(field, text, maxLength);
}

const maxIdLength = 128;

/**
 * Whether it may be the id of anything. A client can send what it likes as an id; what this refuses exists nowhere, and
 * need not be looked for.
 */
export function isPossibleId(id: string): boolean {
  return id.length <= maxIdLength && /^[^\s\p{C}]+$/u.test(id);
}

/** @throws BAD_USER_INPUT unless it may be the id of something */
export function parseId(field: string, id: string, maxLength: number): string {
  if (!isPossibleId(id) || id.length > maxLength)
    refuseInput(field, `must be 1 to ${maxLength} characters without spaces and control characters`);
  return id;
}

export interface PageBounds {
  /** The schema's default, taken as well for an explicit null. */
  readonly fallback: number;
  /** The largest page that is configured. */
  readonly max: number;
}

/** The `limit` of a list. @throws BAD_USER_INPUT unless it is from 1 to `max` */
export function parseLimit(limit: number | null | undefined, { fallback, max }: PageBounds): number {
  // A client that asked for nothing special is not to blame for a default above the configured maximum.
  if (limit == null || limit === fallback) return Math.min(fallback, max);
  return parseNumber('limit', limit, { min: 1, max });
}

const maxOffset = 100_000;

/** The `offset` of a list. @throws BAD_USER_INPUT when it is negative or too large to page to */
export function parseOffset(offset: number | null | undefined): number {
  return parseNumber('offset', offset ?? 0, { min: 0, max: maxOffset });
}
