/** Nobody misses anything silently, whatever happens next: `npm run test:simulation` runs more seeds than here. */
import { expect, test } from '@jest/globals';
import { World } from './world.ts';

/** Chosen once: what fails here fails for everybody. */
const seeds = { from: 1, count: 500 };
const steps = 1_500;

test('500 simulated worlds keep the promise of delivery', async () => {
  const failures: string[] = [];
  let connects = 0;
  let snapshots = 0;
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
    const outcome = await World.run(seed, { steps });
    connects += outcome.connects;
    snapshots += outcome.snapshots;
    if (outcome.violation !== null)
      failures.push(`seed ${seed}, step ${outcome.steps}: ${outcome.violation}`);
  }
  expect(failures).toEqual([]);
  // Clients came back again and again, some with their cursor and some with a snapshot: else there was nothing to break.
  expect(connects).toBeGreaterThan(5 * seeds.count);
  expect(snapshots).toBeGreaterThan(seeds.count);
}, 600_000);

test('a seed does the same again, to the step', async () => {
  const [first, second] = [await World.run(7, { steps }), await World.run(7, { steps })];
  const withoutEpochs = ({ trace }: { readonly trace: readonly string[] }) =>
    trace.map((line) => line.replace(/"epoch":"[^"]*"/, ''));
  expect(withoutEpochs(second)).toEqual(withoutEpochs(first));
  expect(first.trace.length).toBeGreaterThan(steps);
});
