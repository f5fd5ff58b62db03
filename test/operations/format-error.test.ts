/** Proves that clients get the messages of their own mistakes, but only an id for errors of the service. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  graphql,
  GraphQLError,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { pino } from 'pino';
import { ManualClock } from '../support/clock.ts';
import { CallerLeft } from '../../src/lib/failures/caller-left.ts';
import { ClientError } from '../../src/lib/errors.ts';
import { createErrorFormatter, type ErrorFormatter } from '../../src/operations/format-error.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';

interface Line {
  readonly id?: string;
  readonly err: { readonly message: string; readonly stack: string };
  readonly requestId?: string;
}

let lines: Line[];
let format: ErrorFormatter;
beforeEach(() => {
  lines = [];
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  format = createErrorFormatter({ log, suggestions: false, clock: new ManualClock() });
});

const even = new GraphQLScalarType({
  name: 'Even',
  parseValue(value) {
    if (Number(value) % 2 !== 0) throw new Error('It must be even.');
    return value;
  },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      field: { type: new GraphQLNonNull(GraphQLString), args: { even: { type: even } } },
      number: { type: GraphQLInt },
    },
  }),
});

/** The formatted error of a request in which `field` throws `error`. */
async function formatted(error: unknown, source = '{ field }', variableValues = {}) {
  const rootValue = {
    field: () => {
      throw error;
    },
    number: () => 'seven',
  };
  const { errors } = await graphql({ schema, source, rootValue, variableValues });
  return format(errors![0], { requestId: 'r1' });
}

describe('a client’s mistake', () => {
  test('has its message, place and extensions', async () => {
    const error = new ClientError('CONFLICT', 'It is newer by now.', { version: 7 });
    expect(await formatted(error)).toEqual({
      message: 'It is newer by now.',
      locations: [{ line: 1, column: 3 }],
      path: ['field'],
      extensions: { code: 'CONFLICT', version: 7 },
    });
    expect(lines).toEqual([]);
  });

  test('is told without the middle of what was sent, where that is long', async () => {
    const error = new ClientError('BAD_USER_INPUT', `"$a" got ${'x'.repeat(100_000)}; no field "b"`);
    const { message } = await formatted(error);
    expect(message).toMatch(/^"\$a" got x{991} … x+; no field "b"$/);
    expect(message.length).toBe(2_003);
  });

  test('does not have the HTTP status in its extensions', () => {
    const error = new ClientError('FORBIDDEN', 'No.', { http: { status: 403 }, stacktrace: ['at home'] });
    expect(format(error)).toEqual({ message: 'No.', extensions: { code: 'FORBIDDEN' } });
  });

  test.each([
    ['syntax', '{ field', {}, 'GRAPHQL_PARSE_FAILED'],
    ['validation', '{ fields }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a literal that a scalar refuses', '{ field(even: 3) }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable that a scalar refuses', 'query ($e: Even) { field(even: $e) }', { e: 3 }, 'BAD_USER_INPUT'],
  ])('has a code even where graphql-js gives none: %s', async (_what, source, variables, code) => {
    const { message, extensions } = await formatted(null, source, variables);
    expect(extensions).toEqual({ code });
    expect(message).not.toBe('Internal server error.');
    expect(lines).toEqual([]);
  });
});

describe('an unforeseen error', () => {
  test.each([
    ['an error', new TypeError('no such column: password')],
    [
      'an error in an error of graphql-js',
      new GraphQLError('password', { originalError: new Error('password') }),
    ],
    [
      'an error with extensions of its own',
      Object.assign(new Error('password'), { extensions: { code: 'E', password: 1 } }),
    ],
    ['no error at all', 'password'],
    [
      'what says of itself that it is internal',
      new GraphQLError('password', { extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
    ],
  ])('is told by its id alone: %s', async (_what, error) => {
    const told = await formatted(error);
    expect(told).toEqual({
      message: 'Internal server error.',
      locations: [{ line: 1, column: 3 }],
      path: ['field'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', id: expect.stringMatching(/^[\da-f]{16}$/) },
    });
    expect(lines).toMatchObject([
      { id: told.extensions!['id'], requestId: 'r1', err: { message: expect.stringContaining('password') } },
    ]);
  });

  test('is logged with its own stack', async () => {
    const error = new Error('deep down');
    await formatted(error);
    expect(lines[0]!.err.stack).toBe(error.stack);
  });

  test('is a value that does not fit the type of its field', async () => {
    expect((await formatted(null, '{ number }')).extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
  });

  test('may happen outside of a request', () => {
    expect(format(new Error('password'))).toMatchObject({ message: 'Internal server error.' });
    expect(format(undefined)).toMatchObject({ message: 'Internal server error.' });
  });
});

test('what is away is one line in the log, however many are refused because of it, and one more later says how many', async () => {
  const clock = new ManualClock();
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  format = createErrorFormatter({ log, suggestions: false, clock });
  const away = (what: string) => formatted(new Unavailable(what, new Error('ECONNREFUSED')));
  for (let refused = 0; refused < 1_000; refused += 1)
    expect((await away('The event log')).extensions).toEqual({ code: 'UPSTREAM_UNAVAILABLE' });
  await away('Presence');
  expect(lines).toMatchObject([
    { requestId: 'r1', unreported: 0, err: { message: expect.stringMatching(/^The event log cannot/) } },
    { requestId: 'r1', unreported: 0, err: { message: expect.stringMatching(/^Presence cannot/) } },
  ]);
  await clock.advance(60_000);
  await away('The event log');
  expect(lines.slice(2)).toMatchObject([{ unreported: 999 }]);
});

test('the message about a store that is away names the store', async () => {
  const told = await formatted(new Unavailable('Presence', new Error('ECONNREFUSED 10.0.0.1')));
  expect(told).toMatchObject({
    message: 'Presence cannot be reached at the moment.',
    extensions: { code: 'UPSTREAM_UNAVAILABLE' },
  });
  expect(told.extensions).not.toHaveProperty('id');
});

test('a read that its caller no longer waits for is no error of ours', async () => {
  expect(await formatted(new CallerLeft())).toMatchObject({ extensions: { code: 'CLIENT_CLOSED_REQUEST' } });
  expect(lines).toEqual([]);
});
