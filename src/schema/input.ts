/** Checks values from clients, and says what is wrong with one that is not allowed. */
import { badUserInput } from '../lib/errors.ts';
import { isVisible, oneSpelling, withoutControls } from '../lib/text/readable-text.ts';

/** `field` is the argument or input field that is wrong, `rule` the rest of the sentence: what it must be, and what it is. */
export function refuseInput(field: string, rule: string): never {
  throw badUserInput(`${field} ${rule}.`, { field });
}

export interface NumberBounds {
  readonly min: number;
  readonly max?: number;
  /** The value must be smaller than this. */
  readonly below?: number;
}

/** @throws BAD_USER_INPUT unless the value is finite and within the bounds */
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

/** Like `parseNumber`, but the value may be left out. */
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

/** The text without control characters. @throws BAD_USER_INPUT when it has more characters than allowed */
export function parseText(field: string, given: string, maxLength: number): string {
  const text = withoutControls(given);
  // Code points are counted, so that a character outside the basic plane is one, too.
  if (text.length > maxLength && [...text].length > maxLength)
    refuseInput(field, `must have at most ${maxLength} characters, and has ${[...text].length}`);
  return text;
}

/** Like `parseText`, but the value may be left out. */
export function parseOptionalText(
  field: string,
  text: string | null | undefined,
  maxLength: number,
): string | null {
  return text == null ? null : parseText(field, text, maxLength);
}

/** A name, which is compared: in the one spelling. One of which nothing can be seen is none. */
export function parseOptionalName(
  field: string,
  text: string | null | undefined,
  maxLength: number,
): string | null {
  if (text == null || !isVisible(text)) return null;
  return parseText(field, oneSpelling(text), maxLength);
}

const maxIdLength = 128;

/** Whether the text can be an id at all. Clients may send anything; where this is false, there is nothing to look for. */
export function isPossibleId(id: string): boolean {
  return id.length <= maxIdLength && /^[^\s\p{C}]+$/u.test(id) && isVisible(id);
}

/** The id in the one spelling. @throws BAD_USER_INPUT unless the text can be an id */
export function parseId(field: string, given: string, maxLength: number): string {
  const id = oneSpelling(given);
  if (!isPossibleId(id) || id.length > maxLength)
    refuseInput(field, `must be 1 to ${maxLength} characters without spaces and control characters`);
  return id;
}

export interface PageBounds {
  /** The default of the schema, which also counts where a client sends null. */
  readonly fallback: number;
  /** The largest page that is configured. */
  readonly max: number;
}

/** The `limit` of a list. @throws BAD_USER_INPUT unless it is from 1 to `max` */
export function parseLimit(
  limit: number | null | undefined,
  { fallback, max }: PageBounds,
  field = 'limit',
): number {
  // The default may be above the configured maximum: that is no mistake of the client.
  if (limit == null || limit === fallback) return Math.min(fallback, max);
  return parseNumber(field, limit, { min: 1, max });
}

const maxOffset = 100_000;

/** The `offset` of a list. @throws BAD_USER_INPUT when it is negative or too large to page to */
export function parseOffset(offset: number | null | undefined): number {
  return parseNumber('offset', offset ?? 0, { min: 0, max: maxOffset });
}
