/** Proves that the verdict on a stream finds events that are missing, repeated or out of order. */
import { describe, expect, test } from '@jest/globals';
import type { StreamKind } from './story.ts';
import { judge, type Law } from './verdict.ts';

/** `7s 8 9`: a snapshot of version 7, then the events of 8 and 9. Of another dispatch: `b1`. */
function verdict(law: Law, kind: StreamKind, seen: string, mustShow: Record<string, number>): string {
  const sights = [...seen.matchAll(/([a-z]?)(\d+)(s?)/g)].map(([, id, version, snapshot]) => ({
    id: id || 'a',
    version: Number(version),
    isSnapshot: snapshot === 's',
  }));
  return judge({ kind, name: 'ana', sights, mustShow: new Map(Object.entries(mustShow)) }, law).join('\n');
}

describe('nothing is lost', () => {
  test.each<[StreamKind, string, Record<string, number>]>([
    ['one', '3s 4 5', { a: 5 }],
    ['one', '5s', { a: 5 }],
    ['board', '1 b1 2 b2 3', { a: 3, b: 2 }],
    ['followed', '2s b1s 3 b2', { a: 3, b: 2 }],
    // Two were followed when it began.
    ['followed', '2s b4s b5 3', { a: 3, b: 5 }],
  ])('%s, and all is well: %s', (kind, seen, mustShow) => {
    expect(verdict('nothing is lost', kind, seen, mustShow)).toBe('');
  });

  test.each<[StreamKind, string, Record<string, number>, RegExp]>([
    ['one', '3s 5', { a: 5 }, /after version 3: something is missing \(dispatch a, version 5\)/],
    ['one', '3s 4 4', { a: 4 }, /had been shown before \(dispatch a, version 4\)/],
    ['one', '3s 4 3 4', { a: 4 }, /had been shown before \(dispatch a, version 3\)/],
    ['one', '3s 4', { a: 5 }, /dispatch a ends at version 4 instead of 5/],
    ['one', '', { a: 5 }, /ends at version none instead of 5; of dispatch a it saw nothing/],
    ['one', '3s 4 5s', { a: 5 }, /a snapshot that is not the beginning/],
    ['one', '3 4', { a: 4 }, /an event before any snapshot/],
    ['board', '2 3', { a: 3 }, /after version 0: something is missing/],
    ['board', '1 2s 3', { a: 3 }, /a snapshot, though nothing was lost/],
    ['board', '1 2', { a: 2, b: 1 }, /dispatch b ends at version none/],
    ['followed', '1s b2 2', { a: 2, b: 2 }, /an event before any snapshot \(dispatch b, version 2\)/],
    ['followed', '1s b1s b1s', { a: 1, b: 1 }, /a snapshot that is not the beginning \(dispatch b/],
  ])('%s, and something is wrong: %s', (kind, seen, mustShow, complaint) => {
    expect(verdict('nothing is lost', kind, seen, mustShow)).toMatch(complaint);
  });
});

describe('nobody is behind', () => {
  test.each<[StreamKind, string, Record<string, number>]>([
    ['one', '3s 4 7s 7s 8', { a: 8 }],
    ['board', '1 2 5s b3s 6 b4', { a: 6, b: 4 }],
    ['followed', '1s 2 b4s 4s 5', { a: 5, b: 4 }],
  ])('%s, and all is well: %s', (kind, seen, mustShow) => {
    expect(verdict('nobody is behind', kind, seen, mustShow)).toBe('');
  });

  test.each<[StreamKind, string, Record<string, number>, RegExp]>([
    ['one', '3s 4 2s', { a: 2 }, /went back in time \(dispatch a, version 2\)/],
    ['one', '3s 7s 7', { a: 7 }, /had been shown before/],
    ['one', '3s 7s 9', { a: 9 }, /something is missing/],
    ['board', '1 2 5s', { a: 6 }, /ends at version 5 instead of 6/],
  ])('%s, and something is wrong: %s', (kind, seen, mustShow, complaint) => {
    expect(verdict('nobody is behind', kind, seen, mustShow)).toMatch(complaint);
  });
});
