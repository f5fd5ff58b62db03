/** Proves that the verdict on a stock client's stream finds what is missing, and counts what came again. */
import { describe, expect, test } from '@jest/globals';
import { judgeStock, type StockVerdict } from './stock-verdict.ts';
import type { StreamKind } from './story.ts';

const reason = 'it was not acknowledged';

/**
 * `3s 4 | 4 5`: a snapshot of version 3 and the event of 4, then on the next connection those of 4 and 5. `b1` is of another dispatch.
 * What stands behind a `/` is of another log, and behind a `\` of the one before that.
 */
function verdict(
  kind: StreamKind,
  seen: string,
  mustShow: Record<string, number>,
  { older = [], losses = 0, mayRepeat = true, acknowledges = true }: Leave = {},
): StockVerdict {
  const countIn = (text: string, sign: string) => text.split(sign).length;
  const sights = [...seen.matchAll(/([a-z]?)(\d+)(s?)/g)].map((match) => {
    const [, id, version, snapshot] = match;
    const before = seen.slice(0, match.index);
    const connection = countIn(before, '|');
    return {
      ...{ id: id || 'a', version: Number(version), isSnapshot: snapshot === 's' },
      ...{ log: String(countIn(before, '/') - countIn(before, '\\')), connection, at: connection },
    };
  });
  return judgeStock({
    ...{ kind, name: 'ana', sights, older: new Set(older), acknowledges },
    mustShow: new Map(Object.entries(mustShow)),
    losses: () => losses,
    whyShownAgain: () => (mayRepeat ? reason : null),
  });
}

interface Leave {
  readonly older?: readonly string[];
  readonly losses?: number;
  readonly acknowledges?: boolean;
  readonly mayRepeat?: boolean;
}

describe('all is well', () => {
  test.each<[StreamKind, string, Record<string, number>, { repeated?: number; beganAnew?: number }]>([
    ['one', '3s 4 | 5 6', { a: 6 }, {}],
    ['one', '3s 4 5 | 4 5 6', { a: 6 }, { repeated: 2 }],
    ['one', '3s 4 | 7s 8', { a: 8 }, { beganAnew: 1 }],
    ['one', '3s | 3s 4', { a: 4 }, { beganAnew: 1 }],
    ['board', '1 b1 | 2 b1 b2', { a: 2, b: 2 }, { repeated: 1 }],
    ['followed', '1s 2 | b4s 3 b5', { a: 3, b: 5 }, {}],
    ['messages', '1 2 3 | 1s 2s 3s 4', { a: 4 }, { beganAnew: 3 }],
    ['positions', '3s 5 9 | 9s 12', { a: 12 }, { beganAnew: 1 }],
    ['positions', '3s 5 | 9s | 7 9 12', { a: 12 }, { beganAnew: 1, repeated: 1 }],
    ['one', '3s 4 | 6s | 5 6 7', { a: 7 }, { beganAnew: 1, repeated: 2 }],
  ])('%s: %s', (kind, seen, mustShow, counts) => {
    const { repeated = 0, beganAnew = 0 } = counts;
    const reasons = new Map(repeated > 0 ? [[reason, repeated]] : []);
    expect(verdict(kind, seen, mustShow)).toEqual({
      ...{ complaints: [], mistakes: new Map(), repeated: reasons, beganAnew, lost: 0 },
    });
  });

  test('of what was lost nothing has to be shown but the newest', () => {
    const { complaints, lost } = verdict('one', '3s 4 / | 7 8 / 9s / | 12', { a: 12 }, { losses: 3 });
    expect([complaints, lost]).toEqual([[], 3]);
  });

  test('each loss is told once, in the middle of a connection or not', () => {
    expect(verdict('one', '3s 4 / 6s / 6s 7 / 9s 10', { a: 10 }, { losses: 3 }).complaints).toEqual([]);
    expect(verdict('messages', '1 2 / 1s 2s / 1s 2s 3', { a: 3 }, { losses: 2 }).complaints).toEqual([]);
  });

  test('a loss is told again after a process that has not noticed it yet', () => {
    const { complaints } = verdict('one', '3s 4 / 6s | \\ 6s / 6s 7', { a: 7 }, { losses: 1 });
    expect(complaints).toEqual([]);
    const twice = verdict('one', '3s 4 / 6s | 6s / 6s 7', { a: 7 }, { losses: 1 });
    expect(twice.complaints.join()).toMatch(/a snapshot in the middle/);
  });

  test('of what there was before it, a board shows any version first', () => {
    expect(verdict('board', '7 8 b1', { a: 8, b: 1 }, { older: ['a'] }).complaints).toEqual([]);
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
    ['messages', '1 2 | 4', { a: 4 }, /after version 2: something is missing/],
    ['positions', '3s 5 | 4s 5', { a: 5 }, /it went back in time \(version 4/],
    ['positions', '3 5 4', { a: 5 }, /it went back in time \(version 4/],
    ['positions', '3 5', { a: 6 }, /ends at version 5 instead of 6/],
  ])('%s: %s', (kind, seen, mustShow, complaint) => {
    expect(verdict(kind, seen, mustShow).complaints.join('\n')).toMatch(complaint);
  });

  test('what was acknowledged may not come again', () => {
    const { complaints } = verdict('one', '3s 4 | 4 5', { a: 5 }, { mayRepeat: false });
    expect(complaints.join()).toMatch(/shown again, though it was acknowledged \(version 4, connection 2\)/);
  });

  test.each([
    ['once, and told twice', '3s 4 / 6s 6s 7', 2],
    ['less often than the log began anew', '3s 4 / 6s / 6s 7', 1],
  ])('something was lost %s', (_, seen, losses) => {
    const { complaints } = verdict('one', seen, { a: 7 }, { losses });
    expect(complaints.join()).toMatch(/a snapshot in the middle of a connection \(version 6/);
  });

  test.each([
    ['on one connection', '3s 4 / 6', true],
    ['to who says where they were', '3s 4 / | 6', false],
  ])('what was lost is not told %s', (_, seen, acknowledges) => {
    const { complaints, mistakes } = verdict('one', seen, { a: 6 }, { losses: 1, acknowledges });
    expect(complaints.join()).toMatch(/something is missing/);
    expect(mistakes).toEqual(new Map([['lost', 1]]));
  });

  test('what was lost is no excuse for going back in time', () => {
    const { complaints } = verdict('one', '3s 4 5 / | 4s', { a: 5 }, { losses: 1 });
    expect(complaints.join()).toMatch(/it went back in time/);
  });
});
