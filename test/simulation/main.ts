/** The command `npm run test:simulation`: runs simulated worlds, each from its seed, and says which of them break a promise. */
import { parseCommandLine, readNumber, runCommand, UsageError } from '../../src/cli/command.ts';
import { casts, kindOf } from './faults.ts';
import { worldWith } from './mistakes/make.ts';
import { mistakes } from './mistakes/mistakes.ts';
import { World } from './world.ts';

const usage = `npm run test:simulation -- [--seeds 2000] [--from 1] [--steps 1000]
npm run test:simulation -- --from 7 --seeds 1 --trace

Runs the hub, the event log with its own Lua scripts, the relay and their clients in one process, under one clock: a seed
chooses what happens next, and what goes wrong. A seed that fails does so again, to the step.

  --seeds N       how many seeds, one world each
  --from S        the first of them
  --steps N       steps with faults in each world
  --cast NAME     who is in it: ${casts.join(', ')}. Without it each seed has one of them
                  in turn, with slow ways and without
  --slow-ways     one connection may be much slower than another, with --cast
  --bail          ends with the first seed that fails
  --trace         prints every step; for one seed
  --mistake NAME  makes a mistake in the service, to see that it is found, with the cast that finds it:
${listed(Object.keys(mistakes))}
  --help          this text

Exit codes: 0 every seed kept every promise, 1 one did not, 2 the command line is wrong.`;

const options = {
  seeds: { type: 'string', default: '2000' },
  from: { type: 'string', default: '1' },
  steps: { type: 'string', default: '1000' },
  'slow-ways': { type: 'boolean', default: false },
  cast: { type: 'string' },
  bail: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  mistake: { type: 'string' },
} as const;

/** Names in lines that fit below those of an option. */
function listed(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    if (lines.at(-1)!.length + name.length > 90) lines.push('');
    lines.push(`${lines.pop()}${name} `);
  }
  return lines.map((line) => `                  ${line.trimEnd()}`).join('\n');
}

/** One of the names that there are. @throws UsageError */
function oneOf<T extends string>(option: string, names: readonly T[], wanted: string): T {
  const found = names.find((name) => name === wanted);
  if (found === undefined) throw new UsageError(`${option} is "${wanted}". Allowed: ${names.join(', ')}.`);
  return found;
}

async function run(args: readonly string[]): Promise<number> {
  const { bail, trace, cast, mistake, 'slow-ways': isSlow, ...numbers } = parseCommandLine(args, options);
  const [seeds, from, steps] = (['seeds', 'from', 'steps'] as const).map((name) =>
    readNumber(`--${name}`, numbers[name], { min: 1, max: Number.MAX_SAFE_INTEGER }),
  ) as [number, number, number];
  const wanted = cast === undefined ? undefined : oneOf('--cast', casts, cast);
  const name = mistake === undefined ? undefined : oneOf('--mistake', Object.keys(mistakes), mistake);
  const made = name === undefined ? undefined : mistakes[name]!;
  const Simulated = name === undefined ? World : await worldWith(name);
  const chosen = wanted ?? made?.cast;
  const kind = chosen && { cast: chosen, hasSlowWays: isSlow || made?.isSlow === true };
  const total = { steps: 0, connects: 0, snapshots: 0, gapsTold: 0 };
  let failed = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await Simulated.run(seed, { steps, ...(kind ?? kindOf(seed)), keepsTrace: trace });
    total.steps += outcome.steps;
    total.connects += outcome.connects;
    total.snapshots += outcome.snapshots;
    total.gapsTold += outcome.gapsTold;
    if (trace) console.log(outcome.trace.join('\n'));
    if (outcome.violation !== null) {
      failed += 1;
      console.error(`seed ${seed}, step ${outcome.steps}: ${outcome.violation}`);
    }
    if (failed > 0 && bail) break;
    if ((seed - from + 1) % 500 === 0) console.log(`${seed - from + 1} of ${seeds} seeds, ${failed} failed`);
  }
  console.log(
    `${seeds} seeds from ${from}: ${total.steps} steps, ${total.connects} connects, ${total.snapshots} snapshots, ` +
      `${total.gapsTold} gaps on the way told, ${failed} failed`,
  );
  return failed > 0 ? 1 : 0;
}

await runCommand({ usage, run });
