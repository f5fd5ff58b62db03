/** Cursors that were given out are read again, and no others are. */
import { describe, expect, test } from '@jest/globals';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import { tCursorKeys } from '../support/cursors.ts';
import { readAsLastRelease, unsignedCursor } from '../support/last-release.ts';

const keys = tCursorKeys();
const cursors = createCursorFormat('dispatch:12', keys);
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
    createCursorFormat('dispatch:13', keys).format(position),
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

describe('a cursor whose signature does not hold', () => {
  const text = (cursor: string) => Buffer.from(cursor, 'base64url').toString('latin1');
  const asCursor = (of: string) => Buffer.from(of, 'latin1').toString('base64url');
  const valid = text(cursors.format({ ...position, snapshotVersions: new Map([['7', 3]]) }));

  test.each([
    ['with another date', valid.replace('.mwtxhc00.', '.mwtxhc01.')],
    ['with another offset', valid.replace('.42.', '.41.')],
    ['of another epoch', valid.replace('aZ-_09', 'aZ-_08')],
    ['with another version', valid.replace('~3', '~4')],
    ['with another signature', valid.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['with the name of another key', valid.replace(/....(.{16})$/, 'AAAA$1')],
    ['without one', valid.replace(/~~[^~]+$/, '')],
  ])('says where it is, and no date: %s', (_how, changed) => {
    expect(changed).not.toBe(valid);
    const read = cursors.parse(asCursor(changed))!;
    expect(read.at).toBeNull();
    expect(read.offset).toBe(changed.includes('.41.') ? 41 : 42);
    expect(read.snapshotVersions?.size).toBe(1);
  });

  test('is one of another topic with the same tag, and of another key', () => {
    const topics = ['message:a', 'message:b'].map((topic) => createCursorFormat(topic, keys));
    const [one, other] = topics.map((format) => text(format.format(position)));
    const tagOf = (of: string) => of.split('.')[3]!;
    const moved = asCursor(one!.replace(tagOf(one!), tagOf(other!)));
    expect(topics[1]!.parse(moved)).toMatchObject({ offset: 42, at: null });
    const stranger = createCursorFormat('dispatch:12', tCursorKeys('another secret'));
    expect(cursors.parse(stranger.format(position))).toEqual({ ...position, at: null });
  });

  test('is none at all where it is longer than any that is given out', () => {
    const pairs = Array.from({ length: 2_000 }, (_, number) => `Nw~${number.toString(36)}`).join('~~');
    expect(cursors.parse(asCursor(`${valid.replace(/\.Nw~3.*/, '')}.${pairs}`))).toBeUndefined();
  });
});

test('while the secret is replaced, cursors of the one before are good, and then no more', () => {
  const rotated = tCursorKeys('the first');
  const format = createCursorFormat('dispatch:12', rotated);
  const first = format.format(position);
  rotated.replace(['the second', 'the first']);
  const second = format.format(position);
  expect(second).not.toBe(first);
  expect([first, second].map((cursor) => format.parse(cursor)?.at)).toEqual([position.at, position.at]);
  rotated.replace(['the second']);
  expect([first, second].map((cursor) => format.parse(cursor)?.at)).toEqual([null, position.at]);
});

describe('beside the last release that signed none', () => {
  const snapshotVersions = new Map([
    ['', 0],
    ['7', 3],
    ['ana@example.com ~.', 9],
  ]);

  test('its processes read what is signed', () => {
    const plain = readAsLastRelease('dispatch:12', cursors.format(position))!;
    expect(plain).toMatchObject(position);
    const shown = readAsLastRelease('dispatch:12', cursors.format({ ...position, snapshotVersions }))!;
    expect(shown).toMatchObject(position);
    expect([...shown.versions].filter(([subject]) => snapshotVersions.has(subject))).toEqual([
      ...snapshotVersions,
    ]);
    // The signature is read as a version of a subject that no event has, and no version is below it.
    for (const { versions } of [plain, shown])
      expect([...versions].filter(([subject]) => !snapshotVersions.has(subject))).toEqual([
        [expect.stringMatching(/\W/), NaN],
      ]);
    expect(readAsLastRelease('dispatch:13', cursors.format(position))).toBeNull();
    expect(readAsLastRelease('dispatch:12', cursors.formatRestart(12))).toMatchObject({ epoch: '-', at: 12 });
  });

  test('its cursors are read here, but for their dates', () => {
    const unsigned = (versions: Record<string, number>) =>
      cursors.parse(unsignedCursor('dispatch:12', { ...position, versions }));
    expect(unsigned({})).toEqual({ ...position, at: null });
    expect(unsigned({ 7: 3, '': 0 })).toEqual({
      ...position,
      at: null,
      snapshotVersions: new Map([
        ['7', 3],
        ['', 0],
      ]),
    });
  });
});
