/** Cursors that were given out are read again, and no others are. */
import { expect, test } from '@jest/globals';
import { createCursorFormat } from '../../src/realtime/cursor.ts';

const cursors = createCursorFormat('dispatch:12');
const position = { epoch: 'aZ-_09', offset: 42, at: Date.UTC(2026, 10, 24) };

test('a cursor comes back as it was given out', () => {
  expect(cursors.parse(cursors.format(position))).toEqual(position);
});

test('a cursor brings along what a snapshot has shown, the last of it where there is too much', () => {
  const snapshotVersions = new Map([
    ['7', 3],
    ['ana@example.com ~.', Date.UTC(2026, 10, 24)],
    ['', 0],
  ]);
  expect(cursors.parse(cursors.format({ ...position, snapshotVersions: snapshotVersions }))).toEqual({
    ...position,
    snapshotVersions,
  });

  const many = new Map(Array.from({ length: 10_000 }, (_, index) => [`subject-${index}`, index]));
  const cursor = cursors.format({ ...position, snapshotVersions: many });
  expect(cursor.length).toBeLessThan(4_096);
  const kept = [...cursors.parse(cursor)!.snapshotVersions!];
  expect(kept.length).toBeGreaterThan(100);
  expect(kept).toEqual([...many].slice(-kept.length));
});

test('a cursor that is to begin anew is one of its topic and of no log', () => {
  expect(cursors.parse(cursors.formatRestart(12))).toEqual({ epoch: '-', offset: 0, at: 12 });
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
