/** Proves when a process is taken for cut off from what others reach, and when not. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CutOff, type CutOffState } from '../../src/http/health/cut-off.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { ManualClock } from '../support/clock.ts';
import { tLogLines, type LogLines } from '../support/log-lines.ts';

const patienceMs = 8_000;
const roundMs = patienceMs / 4;

let clock: ManualClock;
let states: CutOffState[];
let isReached: boolean;
/** When somebody else noted that they reach it; null where they cannot be asked. */
let notedAt: number | null;
/** Whether this process can note it itself. */
let canNote: boolean;
let logged: LogLines;
const watching: AbortController[] = [];
beforeEach(() => {
  [clock, states, isReached, notedAt] = [new ManualClock(), [], true, -Infinity];
  [canNote, logged] = [true, tLogLines()];
});
afterEach(() => watching.splice(0).forEach((one) => one.abort()));

const elapse = async (ms: number) => {
  for (let passed = 0; passed < ms; passed += roundMs / 4) await clock.advance(roundMs / 4);
};

function tCutOff() {
  const cutOff = new CutOff({
    ...{ patienceMs, clock, log: logged.log },
    reach: () => (isReached ? Promise.resolve() : Promise.reject(new Error('It is away.'))),
    notes: {
      note: () => (canNote ? Promise.resolve() : Promise.reject(new Unavailable('The record', null))),
      ageMs: () =>
        notedAt === null
          ? Promise.reject(new Error('So is this.'))
          : Promise.resolve(clock.elapsed() - notedAt),
    },
  });
  const watched = new AbortController();
  watching.push(watched);
  void cutOff.watch(watched.signal, (state) => void states.push(state));
  return cutOff;
}

/** Others go on noting for so long. */
async function othersReach(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += roundMs) {
    notedAt = clock.elapsed();
    await elapse(roundMs);
  }
}

test('it is alone when others go on for a while, and no more when it has reached it', async () => {
  const cutOff = tCutOff();
  await othersReach(patienceMs);
  isReached = false;
  await othersReach(patienceMs);
  expect(states).toEqual([]);
  await othersReach(patienceMs);
  expect(states).toEqual(['alone']);
  expect(cutOff.trouble).toMatch(/alone/);
  isReached = true;
  await elapse(2 * roundMs);
  expect(states).toEqual(['alone', 'reached']);
  expect(cutOff.trouble).toBeNull();
});

test('it is away for everybody when nobody has noted anything since, though some have noticed it last', async () => {
  tCutOff();
  await othersReach(patienceMs);
  isReached = false;
  await othersReach(roundMs);
  await elapse(10 * patienceMs);
  expect(states).toEqual(['away']);
});

test('who notices last that it is back for everybody was not alone', async () => {
  tCutOff();
  isReached = false;
  await elapse(10 * patienceMs);
  await othersReach(roundMs);
  isReached = true;
  await othersReach(2 * patienceMs);
  expect(states).toEqual(['away', 'reached']);
});

test('it is not alone any more when nobody else reaches it either', async () => {
  tCutOff();
  isReached = false;
  await othersReach(3 * patienceMs);
  await elapse(3 * patienceMs);
  expect(states).toEqual(['alone', 'away']);
});

test('where nobody can be asked it is unknown, after a longer while', async () => {
  tCutOff();
  [isReached, notedAt] = [false, null];
  await elapse(1.5 * patienceMs);
  expect(states).toEqual([]);
  await elapse(1.5 * patienceMs);
  expect(states).toEqual(['unknown']);
  notedAt = -Infinity;
  await elapse(2 * roundMs);
  expect(states).toEqual(['unknown', 'away']);
});

test('while nothing can be noted, for the database is away, the log says so now and then', async () => {
  tCutOff();
  canNote = false;
  await elapse(60_000);
  expect(states).toEqual([]);
  const [first, second] = logged.lines;
  expect(logged.lines.length).toBeLessThanOrEqual(7);
  expect([first, second]).toMatchObject([
    { level: 40, unreported: 0 },
    { level: 40, unreported: 4 },
  ]);
});
