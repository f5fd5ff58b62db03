/** Looks for each mistake that is found often, and prints by which seed it was found: a line of JSON each, for the test. */
import { World } from '../world.ts';
import { worldWith } from './make.ts';
import { mistakes } from './mistakes.ts';
import type { Mistake } from './mistake.ts';

/** As where `npm run test:simulation` is given none. */
const steps = 1_000;
/** Whatever is changed in the service changes what each seed does: of those that are found often, one of so many finds each. */
const maxSeeds = 150;

/** The first seed that finds the mistake, and nothing without it; null where none of them does. */
async function find(name: string, { cast, isSlow = false, isOlder = false }: Mistake) {
  const Mistaken = await worldWith(name);
  const options = { steps, cast, hasSlowWays: isSlow, comesBackOlder: isOlder };
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const { violation } = await Mistaken.run(seed, options);
    if (violation !== null && (await World.run(seed, options)).violation === null) return { seed, violation };
  }
  return null;
}

for (const [name, mistake] of Object.entries(mistakes))
  if (!mistake.isRare) console.log(JSON.stringify({ name, found: await find(name, mistake) }));
