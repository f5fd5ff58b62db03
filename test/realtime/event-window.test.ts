/** The newest events are kept without holes, and within the bound for all topics together. */
import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import { EventWindow, WindowBudget, type StreamEntry } from '../../src/realtime/topics/event-window.ts';

const entry = (offset: number): StreamEntry => ({ offset, at: 0, event: null });
const offsets = (entries: readonly StreamEntry[] | undefined) => entries?.map(({ offset }) => offset);

function fill(window: EventWindow, first: number, last: number): void {
  for (let offset = first; offset <= last; offset += 1) window.push(entry(offset));
}

test('a window has the events after an offset, as far back as it reaches', () => {
  const window = new EventWindow(new WindowBudget(100));
  expect(window.between(0, 5)).toBeUndefined();
  fill(window, 11, 20);
  expect(offsets(window.between(17, 20))).toEqual([18, 19, 20]);
  expect(offsets(window.between(10, 12))).toEqual([11, 12]);
  expect(offsets(window.between(20, 20))).toEqual([]);
  expect(window.between(9, 20)).toBeUndefined();
});

test('one topic keeps no more than twice 256', () => {
  const window = new EventWindow(new WindowBudget(10_000));
  fill(window, 1, 512);
  expect(window.size).toBe(512);
  fill(window, 513, 513);
  expect(window.size).toBe(256);
  expect(offsets(window.between(512, 513))).toEqual([513]);
  expect(window.between(256, 513)).toBeUndefined();
});

test('all topics together keep no more than the budget, the newest ones', () => {
  const budget = new WindowBudget(1_000);
  const quiet = new EventWindow(budget);
  fill(quiet, 1, 10);
  const busy = Array.from({ length: 4 }, () => new EventWindow(budget));
  for (const window of busy) fill(window, 1, 240);
  expect(quiet.size).toBe(10);
  fill(busy[0]!, 241, 275);
  expect(quiet.size).toBe(5);
  expect(offsets(quiet.between(5, 10))).toEqual([6, 7, 8, 9, 10]);
  expect(quiet.between(4, 10)).toBeUndefined();
});

test('whatever comes, is trimmed and is cleared, the budget holds and no window has a hole', () => {
  const random = createRandom(7);
  const max = 900;
  const budget = new WindowBudget(max);
  const windows = Array.from({ length: 5 }, () => ({ window: new EventWindow(budget), last: 0 }));
  let most = 0;
  for (let step = 0; step < 6_000; step += 1) {
    const each = windows[Math.floor(random() ** 3 * windows.length)]!;
    if (random() < 0.002) each.window.clear();
    each.last += 1;
    each.window.push(entry(each.last));
    if (step % 20 > 0) continue;
    const kept = windows.reduce((sum, { window }) => sum + window.size, 0);
    expect(kept).toBeLessThanOrEqual(max);
    most = Math.max(most, kept);
    const { window, last } = each;
    const whole = Array.from({ length: window.size }, (_, index) => last - window.size + 1 + index);
    expect(offsets(window.between(last - window.size, last))).toEqual(whole);
  }
  // The budget is used, not merely kept to.
  expect(most).toBeGreaterThan(0.9 * max);
});
