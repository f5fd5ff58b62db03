/** Proves that the verdict on a stock client's stream finds what is missing, and counts what came again. */
import { describe, expect, test } from '@jest/globals';
import { judgeStock, type StockVerdict } from './stock-verdict.ts';
import type { StreamKind } from './story.ts';

/** `3s 4 | 4 5`: a snapshot of version 3 and the event of 4, then on the next connection those of 4 and 5. `b1` is of another dispatch. */
function verdict(
  kind: StreamKind,
  seen: string,
  mustShow: Record<string, number>,
  older: readonly string[] = [],
): StockVerdict {
  const sights = seen.split('|').flatMap((part, index) =>
    [...part.matchAll(/([a-z]?)(\d+)(s?)/g)].map(([, id, version, snapshot]) => ({
      id: id || 'a',
      version: Number(version),
      isSnapshot: snapshot === 's',
      connection: index + 1,
    })),
  );
  return judgeStock({
    ...{ kind, name: 'ana', sights, older: new Set(older) },
    mustShow: new Map(Object.entries(mustShow)),
  });
}

describe('all is well', () => {
  test.each<[StreamKind, string, Record<string, number>, { repeated?: number; beganAnew?: number }]>([
    ['one', '3s 4 | 5 6', { a: 6 }, {}],
    ['one', '3s 4 5 | 4 5 6', { a: 6 }, { repeated: 2 }],
    ['one', '3s 4 | 7s 8', { a: 8 }, { beganAnew: 1 }],
    ['one', '3s | 3s 4', { a: 4 }, { beganAnew: 1 }],
    ['board', '1 b1 | 2 b1 b2', { a: 2, b: 2 }, { repeated: 1 }],
    ['followed', '1s 2 | b4s 3 b5', { a: 3, b: 5 }, {}],
  ])('%s: %s', (kind, seen, mustShow, counts) => {
    expect(verdict(kind, seen, mustShow)).toEqual({ complaints: [], repeated: 0, beganAnew: 0, ...counts });
  });

  test('of what there was before it, a board shows any version first', () => {
    expect(verdict('board', '7 8 b1', { a: 8, b: 1 }, ['a']).complaints).toEqual([]);
  });
});

describe('something is wrong', () => {
  test.each<[StreamKind, string, Record<string, number>, RegExp]>([
    ['one', '3s 4 | 6', { a: 6 }, /after version 4: something is missing \(version 6, connection 2\)/],
    ['one', '3s 5', { a: 5 }, /after version 3 on this connection: something is missing/],
    ['one', '3s 4 5 6 | 4 6', { a: 6 }, /after version 4 on this connection: something is missing/],
    ['one', '3s 4 4', { a: 4 }, /shown twice on one connection/],
    ['one', '3s 4 | 2s 3 4', { a: 4 }, /went back in time/],
    ['one', '3s 4 5s', { a: 5 }, /a snapshot in the middle of a connection/],
    ['one', '4 5', { a: 5 }, /after version 0: something is missing/],
    ['one', '3s 4', { a: 5 }, /dispatch a ends at version 4 instead of 5/],
    ['board', '1 2', { a: 2, b: 1 }, /dispatch b ends at version 0 instead of 1/],
    ['board', '7 8', { a: 8 }, /after version 0: something is missing/],
  ])('%s: %s', (kind, seen, mustShow, complaint) => {
    expect(verdict(kind, seen, mustShow).complaints.join('\n')).toMatch(complaint);
  });
});
