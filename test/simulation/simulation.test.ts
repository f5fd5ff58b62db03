/** Nobody misses anything silently, whatever happens next: `npm run test:simulation` runs more seeds than here. */
import { expect, test } from '@jest/globals';
import { casts, kindOf, type Cast } from './faults.ts';
import { World } from './world.ts';

/** Chosen once: what fails here fails for everybody. */
const seeds = { from: 1, count: 2_400 };
const steps = 1_000;
/** Some of them have shown a mistake of the service once. */
const olderSeeds = [...Array.from({ length: 60 }, (_, index) => index + 1), 353];

test('2,400 simulated worlds keep the promise of delivery', async () => {
  const failures: string[] = [];
  let connects = 0;
  let snapshots = 0;
  let gapsTold = 0;
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
    const outcome = await World.run(seed, { steps, ...kindOf(seed) });
    connects += outcome.connects;
    snapshots += outcome.snapshots;
    gapsTold += outcome.gapsTold;
    if (outcome.violation !== null)
      failures.push(`seed ${seed}, step ${outcome.steps}: ${outcome.violation}`);
  }
  expect(failures).toEqual([]);
  // Clients came back again and again, some with their cursor and some with a snapshot: else there was nothing to break.
  expect(connects).toBeGreaterThan(5 * seeds.count);
  expect(snapshots).toBeGreaterThan(seeds.count);
  // Events were dropped on their way, and who compares heard of it.
  expect(gapsTold).toBeGreaterThan(seeds.count / 10);
}, 1_200_000);

/** With so many steps each of these seeds has shown a mistake of the service once. */
const stepsOnce = 1_500;
const seedsOnce: Readonly<
  Record<Cast, { readonly quick: readonly number[]; readonly slow: readonly number[] }>
> = {
  cursors: {
    quick: [738, 3298],
    slow: [300, 303, 365, 492, 888, 1083, 1140, 1160, 1225, 1596, 1859],
  },
  stock: {
    quick: [24, 107, 155, 179, 224, 229, 387, 1126, 1330, 1753, 2981, 5691],
    slow: [200, 288, 348, 378, 385],
  },
  embedded: { quick: [11, 38, 88], slow: [] },
  roaming: { quick: [102, 120, 124, 160, 923, 1793, 3898], slow: [] },
  dropping: { quick: [], slow: [] },
  routers: { quick: [17, 64, 78, 181, 186], slow: [] },
};

test.each(Object.entries(seedsOnce))(
  'worlds that failed once keep it: %s',
  async (cast, { quick, slow }) => {
    const run = (seed: number, hasSlowWays: boolean) =>
      World.run(seed, { steps: stepsOnce, cast: cast as Cast, hasSlowWays });
    for (const [hasSlowWays, ofThem] of [[false, quick] as const, [true, slow] as const])
      for (const seed of ofThem)
        expect([seed, (await run(seed, hasSlowWays)).violation]).toEqual([seed, null]);
  },
  300_000,
);

test.each([
  ['a place that another had on the same process', 5783],
  ['a place whose holder had not heard yet that it has it', 50771],
  ['the same, as a gap', 50831],
  ['a place that was made again behind a loss, and left', 1018349],
  ['a place that was made again behind a loss, of who did not answer', 1092563],
  ['a place that was asked for once more when its client was elsewhere', 1084731],
  ['the same, by what was sent again after an outage', 1114279],
  ['a log that got more once more than it keeps, before a process heard of it', 7269198],
  ['a relay that read what is left when its turn was over', 7271254],
  ['what a snapshot had shown, of a place that was taken late', 5011227],
  ['the same, followed once more', 6026331],
  ['a stream that began behind an old cursor, and took its place late', 10078089],
  ['a stream that was left before its place was taken late', 10178019],
  ['a slot that was renewed while it was asked for, by who had stood still', 20114213],
  ['a ghost of which a call had told that nobody answered in time', 10031955],
])(
  'a world that failed once, with as many steps as usual, keeps it: %s',
  async (_, seed) => {
    expect((await World.run(seed, { steps, ...kindOf(seed) })).violation).toBeNull();
  },
  60_000,
);

test.each(casts.filter((cast) => cast !== 'embedded'))(
  'the promise is kept where Redis comes back from older copies of its data: %s',
  async (cast) => {
    const failures: string[] = [];
    for (const seed of olderSeeds) {
      const kind = { cast, hasSlowWays: seed % 2 === 0, comesBackOlder: true };
      const { violation } = await World.run(seed, { steps, ...kind });
      if (violation !== null) failures.push(`seed ${seed}: ${violation}`);
    }
    expect(failures).toEqual([]);
  },
  300_000,
);

test.each(casts)(
  'a seed does the same again, to the step, also where scripts are interpreted and not translated: %s',
  async (cast) => {
    const comesBackOlder = cast !== 'embedded';
    const options = { steps, cast, hasSlowWays: true, comesBackOlder, keepsTrace: true };
    const [first, second] = [
      await World.run(8, options),
      await World.run(8, { ...options, isInterpreted: true }),
    ];
    const withoutEpochs = ({ trace }: { readonly trace: readonly string[] }) =>
      trace.map((line) => line.replace(/"epoch":"[^"]*"|[\w-]+ \d+ [\da-z]+ .*$|sim:signal:.*$/g, ''));
    expect(withoutEpochs(second)).toEqual(withoutEpochs(first));
    expect(first.trace.length).toBeGreaterThan(steps);
  },
  60_000,
);
