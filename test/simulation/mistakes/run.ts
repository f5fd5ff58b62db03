/** Runs each mistake that can be made in the world whose seed finds it, and prints what was found: a line of JSON each, for the test. */
import { worldWith } from './make.ts';
import { mistakes } from './mistakes.ts';

/** As where `npm run test:simulation` is given none. */
const steps = 1_000;

for (const [name, { cast, seed, isSlow = false }] of Object.entries(mistakes)) {
  const World = await worldWith(name);
  const { violation } = await World.run(seed, { steps, cast, hasSlowWays: isSlow });
  console.log(JSON.stringify({ name, violation }));
}
