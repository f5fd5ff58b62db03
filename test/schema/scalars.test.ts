/** What the scalars of the schema accept and send. */
import { describe, expect, test } from '@jest/globals';
import { parseValue } from 'graphql';
import { scalars } from '../../src/schema/scalars.ts';

describe('DateTime', () => {
  const { DateTime } = scalars;

  test.each([
    ['2026-11-24T03:27:36.123Z', '2026-11-24T03:27:36.123Z'],
    ['2026-11-24T05:27:36+02:00', '2026-11-24T03:27:36.000Z'],
    ['2026-11-23T23:27Z', '2026-11-23T23:27:00.000Z'],
    ['2024-02-29T00:00:00.000000-04:30', '2024-02-29T04:30:00.000Z'],
    ['2026-11-24t03:27:36.5z', '2026-11-24T03:27:36.500Z'],
    ['2026-11-24T05:27:36+0200', '2026-11-24T03:27:36.000Z'],
    ['2026-11-24T03:27:36.123456789012Z', '2026-11-24T03:27:36.123Z'],
    ['2026-11-24T03:27:36-00:00', '2026-11-24T03:27:36.000Z'],
    ['0026-03-01T00:00:00Z', '0026-03-01T00:00:00.000Z'],
    // Leap seconds are the last moment of their day in UTC.
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['1990-12-31T15:59:60.5-0800', '1990-12-31T23:59:59.999Z'],
  ])('accepts %s, as a variable and as a literal', (text, utc) => {
    expect(DateTime.parseValue(text).toISOString()).toBe(utc);
    expect(DateTime.parseLiteral(parseValue(`"${text}"`)).toISOString()).toBe(utc);
  });

  test.each([
    '2026-11-24',
    '2026-11-24T03:27:36',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00+99:00',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:61Z',
    '2026-01-01T00:00:00+02:60',
    '2026-01-01T00:00:00+02',
    '2026-01-01T00:00:00.Z',
    // No leap second: in UTC it is 22:59.
    '2016-12-31T22:59:60Z',
    '2016-12-31T23:59:60+01:00',
    '2026-W48-2T03:27:36Z',
    '2026-328T03:27:36Z',
    '20261124T032736Z',
    '2026-00-10T00:00:00Z',
    `2026-01-01T00:00:00.${'0'.repeat(100)}Z`,
    'tomorrow',
    '1',
    '',
    1_764_000_000_000,
    null,
    true,
  ])('refuses %p and says what it wants', (value) => {
    expect(() => DateTime.parseValue(value)).toThrow(/^A DateTime is ISO 8601 with a time and an offset/);
  });

  test('refuses literals that are no strings', () => {
    expect(() => DateTime.parseLiteral(parseValue('1764000000000'))).toThrow(/ISO 8601/);
  });

  test('sends UTC with milliseconds, whatever it is given', () => {
    expect(DateTime.serialize('2026-11-24T03:27:36.123Z')).toBe('2026-11-24T03:27:36.123Z');
    expect(DateTime.serialize('2026-11-24T05:27:36+02:00')).toBe('2026-11-24T03:27:36.000Z');
    expect(DateTime.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
    expect(() => DateTime.serialize('yesterday')).toThrow('Not a date: "yesterday"');
  });
});

test('Cursor is a string, and not a long one', () => {
  expect(scalars.Cursor.parseValue('abc')).toBe('abc');
  for (const value of [1, null, 'x'.repeat(4_097)])
    expect(() => scalars.Cursor.parseValue(value)).toThrow(/^A Cursor is a string/);
  expect(() => scalars.Cursor.parseLiteral(parseValue('12'))).toThrow(/^A Cursor is a string/);
});

test('JSON is what it is', () => {
  const value = { list: [1, 'two', null, { three: true }] };
  expect(scalars.JSON.serialize(value)).toEqual(value);
  expect(scalars.JSON.parseLiteral(parseValue('{list: [1, "two", null, {three: true}]}'))).toEqual(value);
});
