/** Runs each mistake that can be made in the world whose seed finds it, and prints what was found: a line of JSON each, for the test. */
import { World } from '../world.ts';
import { worldWith } from './make.ts';
import { mistakes } from './mistakes.ts';

/** As where `npm run test:simulation` is given none. */
const steps = 1_000;

for (const [name, { cast, seed, isSlow = false }] of Object.entries(mistakes)) {
  const options = { steps, cast, hasSlowWays: isSlow };
  const { violation } = await (await worldWith(name)).run(seed, options);
  const { violation: withoutIt } = await World.run(seed, options);
  console.log(JSON.stringify({ name, violation, withoutIt }));
}
