/** The scalars of the schema: what each accepts, and in which form it is sent. */
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ASTNode } from 'graphql';
import { badUserInput } from '../lib/errors.ts';

const utcMilliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const iso8601 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

const dateTimeRule =
  'A DateTime is ISO 8601 with a time and an offset, as in "2026-11-24T03:27:36.123Z" or "2026-11-24T05:27:36+02:00"';

/** Strict, because `Date` alone accepts "1", local times and the 30th of February. */
function parseDateTime(value: unknown, node?: ASTNode): Date {
  const match = typeof value === 'string' ? iso8601.exec(value) : null;
  const date = match ? new Date(match[0]) : null;
  if (!match || !date || Number.isNaN(date.getTime()) || !isDayOfMonth(match))
    throw badUserInput(`${dateTimeRule}, and not ${show(value, node)}.`);
  return date;
}

function isDayOfMonth([, year, month, day]: RegExpExecArray): boolean {
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) >= 1 && Number(day) <= lastDay;
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
  JSON: new GraphQLScalarType<unknown, unknown>({
    name: 'JSON',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  }),
};
