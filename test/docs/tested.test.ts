/** Holds what the deployment guide says of the programs that this service was tested on to the runs that are noted, and these to the sets that there are. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { testedSets } from '../on/sets.ts';
import { page, readTested, withTable } from '../on/tested.ts';

const runs = readTested();

test('the table shows the runs that are noted (npm run test:on writes it)', async () => {
  const text = readFileSync(page, 'utf8');
  expect(text).toBe(await withTable(text));
});

test('what was run is of the major version that its set names, and another Node is among it', () => {
  for (const { name, from } of testedSets) {
    expect([name, from.version]).toEqual([name, expect.stringMatching(/^\d+(\.\d+)+/)]);
    const run = runs.find(({ on }) => on === name);
    if (run) expect(name.split('-').at(-1)).toBe(/\d+/.exec(run.versions)![0]);
  }
  expect(runs.map(({ versions }) => versions)).toContainEqual(expect.stringMatching(/^Node \d/));
});

test('each run is of a set that there is, or of a Node, passed some tests, and is of the past', () => {
  const today = new Date().toISOString().slice(0, 10);
  for (const { on, tests, date, proves } of runs) {
    const set = testedSets.find(({ name }) => name === on);
    expect([on, set !== undefined || /^\d/.test(on)]).toEqual([on, true]);
    if (set) expect(proves).toBe(set.proves);
    expect(tests).toBeGreaterThan(10);
    expect(date <= today && /^\d{4}-\d\d-\d\d$/.test(date)).toBe(true);
  }
});
