/** The scalars of the schema: what each accepts, and in which form it is sent. */
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ASTNode } from 'graphql';
import { badUserInput } from '../lib/errors.ts';

const utcMilliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** RFC 3339, in either case, with `+hhmm` as well, and without the seconds where a client has none. */
const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(\.\d+)?)?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;
/** Longer than any date with a sensible number of digits. */
const maxDateLength = 64;

const dateTimeRule =
  'A DateTime is ISO 8601 with a time and an offset (RFC 3339), as in "2026-11-24T03:27:36.123Z" or "2026-11-24T05:27:36+02:00"';

/** Strict, because `Date` alone accepts "1", local times and the 30th of February. */
function parseDateTime(value: unknown, node?: ASTNode): Date {
  const match = typeof value === 'string' && value.length <= maxDateLength ? rfc3339.exec(value) : null;
  const date = match && readDate(match);
  if (!date) throw badUserInput(`${dateTimeRule}, and not ${show(value, node)}.`);
  return date;
}

/** Null where there is no such day, or no such leap second. */
function readDate(match: RegExpExecArray): Date | null {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((text = '0') => Number(text)) as [
    ...[number, number, number, number, number, number],
  ];
  const [, , , , , , , fraction = '', sign, offsetHours, offsetMinutes] = match;
  const isLeap = second === 60;
  const ms = isLeap ? 999 : Number(`${fraction.slice(1, 4)}000`.slice(0, 3));
  const offset = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * (sign === '-' ? -1 : 1);
  const date = new Date(0);
  // Not by Date.UTC, for which the year 26 is 1926.
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || month > 12 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute - offset, isLeap ? 59 : second, ms);
  // Our days have none: a leap second, which ends a day in UTC, is the last moment before the next day.
  return isLeap && (date.getUTCHours() !== 23 || date.getUTCMinutes() !== 59) ? null : date;
}

function show(value: unknown, node?: ASTNode): string {
  const text = node && node.kind !== Kind.STRING ? 'a literal of another kind' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function serializeDateTime(value: unknown): string {
  // Dates in the database have this form already, which saves work for every event.
  if (typeof value === 'string' && utcMilliseconds.test(value)) return value;
  const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : null;
  if (!date || Number.isNaN(date.getTime())) throw new GraphQLError(`Not a date: ${show(value)}`);
  return date.toISOString();
}

/** Longer than any cursor of this service. */
const maxCursorLength = 4_096;

function parseCursor(value: unknown): string {
  if (typeof value !== 'string' || value.length > maxCursorLength)
    throw badUserInput('A Cursor is a string that this service gave as the cursor of an event.');
  return value;
}

export const scalars = {
  DateTime: new GraphQLScalarType<Date, string>({
    name: 'DateTime',
    serialize: serializeDateTime,
    parseValue: (value) => parseDateTime(value),
    parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null, node),
  }),
  Cursor: new GraphQLScalarType<string, string>({
    name: 'Cursor',
    serialize: String,
    parseValue: parseCursor,
    parseLiteral: (node) => parseCursor(node.kind === Kind.STRING ? node.value : null),
  }),
  /** Only ever sent: no argument takes one. */
  StreamPosition: new GraphQLScalarType<string, string>({ name: 'StreamPosition', serialize: String }),
  JSON: new GraphQLScalarType<unknown, unknown>({
    name: 'JSON',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  }),
};
