/** Which tokens are refused when the sessions of their user were ended. */
import { expect, test } from '@jest/globals';
import { SessionEnds, type SessionEnd } from '../../src/auth/sessions/session-ends.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { ManualClock } from '../support/clock.ts';
import { clientError } from '../support/repositories.ts';
import { viewer } from '../support/subgraph.ts';

const second = 1_000;

function tEnds() {
  const clock = new ManualClock();
  const outlived: [string, number | null][] = [];
  const ends = new SessionEnds({ clock, onOutlived: (id, expiresAt) => outlived.push([id, expiresAt]) });
  const end = (more: Partial<SessionEnd> = {}): SessionEnd => {
    const now = clock.now();
    return { viewerId: 'eva', endedAt: now, until: now + 60 * second, changedAt: now, ...more };
  };
  const eva = (more: Partial<Viewer> = {}): Viewer => ({ ...viewer('hospital', { id: 'eva' }), ...more });
  return { clock, ends, end, eva, outlived };
}

test('those that were issued before, at the same moment, or nobody knows when; none that is newer, and nobody else’s', () => {
  const { clock, ends, end, eva } = tEnds();
  const now: number = clock.now();
  ends.note([end()]);
  const refused = [{ issuedAt: now - second }, { issuedAt: now }, {}];
  for (const token of refused) {
    expect(ends.hasEnded(eva(token))).toBe(true);
    expect(() => ends.refuseEnded(eva(token))).toThrow(
      expect.objectContaining(clientError('UNAUTHENTICATED', { reason: 'SESSION_ENDED' })),
    );
  }
  for (const each of [eva({ issuedAt: now + second }), viewer('hospital', { id: 'Eva' })]) {
    expect(ends.hasEnded(each)).toBe(false);
    ends.refuseEnded(each);
  }
});

test('until the last of them has expired', async () => {
  const { clock, ends, end, eva } = tEnds();
  ends.note([end()]);
  await clock.advance(60 * second - 1);
  expect(ends.hasEnded(eva())).toBe(true);
  await clock.advance(1);
  expect(ends.hasEnded(eva())).toBe(false);
});

test('for ever where one of them may never expire', async () => {
  const { clock, ends, end, eva } = tEnds();
  ends.note([end({ until: null })]);
  await clock.advance(1_000 * 24 * 3_600 * second);
  expect(ends.hasEnded(eva())).toBe(true);
});

test('not any more when the end was taken back, whatever is heard late of what was before', () => {
  const { clock, ends, end, eva } = tEnds();
  const now: number = clock.now();
  const first = end();
  ends.note([first]);
  ends.note([end({ endedAt: null, changedAt: now + 1 })]);
  expect(ends.hasEnded(eva())).toBe(false);
  ends.note([first]);
  expect(ends.hasEnded(eva())).toBe(false);
});

test('one that lives longer than the end is kept is told of, once, and refused until it expires', async () => {
  const { clock, ends, end, eva, outlived } = tEnds();
  const issuedAt: number = clock.now() - second;
  ends.note([end()]);
  const expiresAt = clock.now() + 3_600 * second;
  const token = eva({ issuedAt, expiresAt });
  expect(() => ends.refuseEnded(token)).toThrow();
  expect(() => ends.refuseEnded(token)).toThrow();
  expect(outlived).toEqual([['eva', expiresAt]]);
  await clock.advance(3_599 * second);
  expect(ends.hasEnded(token)).toBe(true);
  // A newer one does not say that it is newer: it is not let to put off the day on which it is let in.
  expect(() => ends.refuseEnded(eva({ expiresAt: expiresAt + second }))).toThrow();
  expect(outlived).toHaveLength(1);
});

test('what is open is ended when something was learned, and only then', () => {
  const { ends, end } = tEnds();
  let asked = 0;
  const forget = ends.onEnded(() => (asked += 1));
  expect(ends.note([end()])).toBe(1);
  expect(ends.note([end()])).toBe(0);
  expect(ends.note([])).toBe(0);
  forget();
  ends.note([end({ changedAt: Infinity })]);
  expect(asked).toBe(1);
});

test('those that the record has deleted are forgotten, and none of which it was told meanwhile', () => {
  const { clock, ends, end, eva } = tEnds();
  const now: number = clock.now();
  ends.note([end(), end({ viewerId: 'ana', changedAt: now - 10 * second })]);
  ends.forgetOthers([], now);
  expect([ends.hasEnded(eva()), ends.hasEnded({ ...eva(), id: 'ana' })]).toEqual([true, false]);
});
