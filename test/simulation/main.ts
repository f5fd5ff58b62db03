/** The command `npm run test:simulation`: runs simulated worlds, each from its seed, and says which of them break a promise. */
import { readCommandLine, readNumber } from '../support/command-line.ts';
import { casts, kindOf } from './faults.ts';
import { worldWith } from './mistakes/make.ts';
import { mistakes } from './mistakes/mistakes.ts';
import { World } from './world.ts';

const usage = `npm run test:simulation -- [--seeds 2000] [--from 1] [--steps 1000] [--cast NAME] [--bail] [--slow-ways] [--trace] [--mistake NAME]

Runs the hub, the event log with its own Lua scripts, the relay and their clients in one process, under one clock: a seed
chooses what happens next, and what goes wrong. A seed that fails does so again, to the step.

  --seeds N   how many seeds, one world each
  --from S    the first of them
  --steps N   steps with faults in each world
  --cast NAME who is in it: ${casts.join(', ')}. Without it each seed has one of them in turn, with slow ways and
              without
  --slow-ways one connection may be much slower than another, with --cast
  --bail      ends with the first seed that fails
  --trace     prints every step; for one seed
  --mistake NAME makes a mistake in the service, to see that it is found, with the cast that finds it:
              ${Object.keys(mistakes).join(', ')}`;

const { values, refuse } = readCommandLine(usage, {
  seeds: { type: 'string', default: '2000' },
  from: { type: 'string', default: '1' },
  steps: { type: 'string', default: '1000' },
  'slow-ways': { type: 'boolean', default: false },
  cast: { type: 'string' },
  bail: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  mistake: { type: 'string' },
});
const isCount = (number: number) => Number.isSafeInteger(number) && number >= 1;
const [seeds, from, steps] = [
  readNumber(values.seeds, isCount, refuse),
  readNumber(values.from, isCount, refuse),
  readNumber(values.steps, isCount, refuse),
];
const { cast: wanted } = values;
const cast = casts.find((each) => each === wanted);
if (wanted !== undefined && cast === undefined) refuse();
const { mistake } = values;
const made = mistake === undefined ? undefined : (mistakes[mistake] ?? refuse());
const Simulated = mistake === undefined ? World : await worldWith(mistake);
const chosen = cast ?? made?.cast;
const kind = chosen && { cast: chosen, hasSlowWays: values['slow-ways'] || made?.isSlow === true };
const total = { steps: 0, connects: 0, snapshots: 0, gapsTold: 0 };
let failed = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const outcome = await Simulated.run(seed, {
    steps,
    ...(kind ?? kindOf(seed)),
    keepsTrace: values.trace,
  });
  total.steps += outcome.steps;
  total.connects += outcome.connects;
  total.snapshots += outcome.snapshots;
  total.gapsTold += outcome.gapsTold;
  if (values.trace) console.log(outcome.trace.join('\n'));
  if (outcome.violation !== null) {
    failed += 1;
    console.error(`seed ${seed}, step ${outcome.steps}: ${outcome.violation}`);
  }
  if (failed > 0 && values.bail) break;
  if ((seed - from + 1) % 500 === 0) console.log(`${seed - from + 1} of ${seeds} seeds, ${failed} failed`);
}
console.log(
  `${seeds} seeds from ${from}: ${total.steps} steps, ${total.connects} connects, ${total.snapshots} snapshots, ` +
    `${total.gapsTold} gaps on the way told, ${failed} failed`,
);
process.exitCode = failed > 0 ? 1 : 0;
