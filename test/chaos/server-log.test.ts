/** Proves that no error in the log of a process is overlooked. */
import { expect, test } from '@jest/globals';
import { relevantLines, reviewLog } from './server-log.ts';

const line = (level: number, msg: string, more: object = {}) =>
  JSON.stringify({ level, time: 0, pid: 7, msg, ...more });

test('errors that a fault explains are counted; all others, and lines that are not log lines, are named', () => {
  const relayError = 'events cannot be relayed; they are kept and tried again';
  const review = reviewLog([
    line(30, 'ready'),
    line(40, 'Redis is away'),
    line(50, relayError),
    line(50, relayError),
    line(50, 'unforeseen error', { err: { message: 'no', stack: 'Error: no\n    at here' } }),
    line(60, relayError),
    '(node:7) MaxListenersExceededWarning',
    line(30, 'events of a topic whose messages were lost were read from its log'),
  ]);
  expect([...review.explained]).toEqual([[relayError, { count: 2, because: 'Redis or PostgreSQL is away' }]]);
  expect(review.unexplained).toEqual([
    expect.stringContaining('unforeseen error err Error: no\n    at here'),
    expect.stringContaining(`60 ${relayError}`),
    '(node:7) MaxListenersExceededWarning',
  ]);
  expect(review).toMatchObject({ healed: 1, lost: 0 });
});

test('lines about other dispatches are left out, and the same line is shown once', () => {
  const lines = [
    line(30, 'healed', { topic: 'dispatch:1' }),
    line(30, 'healed', { topic: 'dispatch:2' }),
    line(40, 'Redis is away'),
    line(40, 'Redis is away'),
    line(30, 'ready'),
  ];
  expect(relevantLines(lines, new Set(['2']))).toEqual([
    '1970-01-01T00:00:00.000Z 7 30 healed topic dispatch:2',
    '1970-01-01T00:00:00.000Z 7 40 Redis is away (and 1 more alike)',
  ]);
});
