/** Owns the proof that cursors come back as they were given out, and that no others are taken. */
import { expect, test } from '@jest/globals';
import { createCursorFormat } from '../../src/realtime/cursor.ts';

const cursors = createCursorFormat('dispatch:12');
const position = { epoch: 'aZ-_09', offset: 42, at: Date.UTC(2026, 10, 24) };

test('a cursor comes back as it was given out', () => {
  expect(cursors.parse(cursors.format(position))).toEqual(position);
});

test('a cursor of another topic, and what never was a cursor, is refused', () => {
  const valid = cursors.format(position);
  const others = [
    createCursorFormat('dispatch:13').format(position),
    valid.slice(0, -2),
    `${valid}AAAA`,
    Buffer.from('a.-1.0.xxxxxx').toString('base64url'),
    'eyJhIjoxfQ',
    '',
    ' ',
    '💡',
  ];
  for (const other of others) expect(cursors.parse(other)).toBeUndefined();
});
