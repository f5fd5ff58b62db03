/** Proves which media types are read from an `Accept` header, and in which order. */
import { expect, test } from '@jest/globals';
import { acceptedTypes } from '../../src/http/accepted-types.ts';

test.each([
  [undefined, []],
  ['', []],
  ['*/*', ['*/*']],
  ['text/event-stream', ['text/event-stream']],
  [
    'text/html;q=0.5, Text/Event-Stream; charset=utf-8, image/png',
    ['text/event-stream', 'image/png', 'text/html'],
  ],
  ['text/event-stream;q=0, text/html', ['text/html']],
  ['text/html; title="a, text/event-stream"', ['text/html']],
  ['nonsense,,', []],
])('%j asks for %j', (accept, types) => {
  expect(acceptedTypes(accept)).toEqual(types);
});
