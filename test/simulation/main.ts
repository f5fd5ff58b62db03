/** The command `npm run test:simulation`: runs simulated worlds, each from its seed, and says which of them break a promise. */
import { parseCommandLine, readNumber, runCommand, UsageError } from '../../src/cli/command.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { casts, type Kind } from './faults.ts';
import { mistakes } from './mistakes/mistakes.ts';
import { createLanes } from './seeds/lanes.ts';
import { runSeeds, type Ran } from './seeds/run.ts';
import { describeFailure } from './seeds/tally.ts';

const usage = `npm run test:simulation -- [--seeds 2000] [--from 1] [--steps 1000] [--workers 1]
npm run test:simulation -- --from 7 --seeds 1 --trace

Runs the hub, the event log with its own Lua scripts, the relay and their clients in one process, under one clock: a seed
chooses what happens next, and what goes wrong. A seed that fails does so again, to the step.

  --seeds N       how many seeds, one world each
  --from S        the first of them: a run that was ended goes on with what it has said last
  --steps N       steps with faults in each world
  --workers N     threads that run worlds beside each other; a seed does the same in each
  --cast NAME     who is in it: ${casts.join(', ')}. Without it each seed has one of them
                  in turn, with slow ways and without
  --slow-ways     one connection may be much slower than another, with --cast
  --older         Redis may come back from an older copy of its data, with --cast
  --bail          ends with the first seed that fails
  --trace         prints every step; for one seed
  --mistake NAME  makes a mistake in the service, to see that it is found, with the cast that finds it:
${listed(Object.keys(mistakes))}
  --help          this text

Every ten seconds it says how far it is, and its last line is the sum. Ctrl-C and SIGTERM end it with the worlds that are under way,
and it says where to go on.

Exit codes: 0 every seed kept every promise, 1 one did not, 2 the command line is wrong, 130 it was ended before its last seed.`;

const options = {
  seeds: { type: 'string', default: '2000' },
  from: { type: 'string', default: '1' },
  steps: { type: 'string', default: '1000' },
  workers: { type: 'string', default: '1' },
  'slow-ways': { type: 'boolean', default: false },
  older: { type: 'boolean', default: false },
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

/** The kind of all worlds; null where each seed has one in turn. */
function kindFrom(cast: string | undefined, asked: Omit<Kind, 'cast'>, mistake: string | null): Kind | null {
  const made = mistake === null ? undefined : mistakes[mistake]!;
  const wanted = cast === undefined ? made?.cast : oneOf('--cast', casts, cast);
  if (wanted === undefined) return null;
  const comesBackOlder = asked.comesBackOlder === true || made?.isOlder === true;
  if (comesBackOlder && wanted === 'embedded') throw new UsageError('--older: embedded stores are no Redis.');
  return { cast: wanted, hasSlowWays: asked.hasSlowWays || made?.isSlow === true, comesBackOlder };
}

async function run(args: readonly string[]): Promise<number> {
  const { bail: bails, trace: prints, cast, ...given } = parseCommandLine(args, options);
  const number = (name: 'seeds' | 'from' | 'steps' | 'workers', max = Number.MAX_SAFE_INTEGER) =>
    readNumber(`--${name}`, given[name], { min: 1, max });
  const [count, from, steps, workers] = [
    number('seeds'),
    number('from'),
    number('steps'),
    number('workers', 64),
  ];
  const mistake =
    given.mistake === undefined ? null : oneOf('--mistake', Object.keys(mistakes), given.mistake);
  const asked = { hasSlowWays: given['slow-ways'], comesBackOlder: given.older };
  const kind = kindFrom(cast, asked, mistake);
  if (prints && workers > 1)
    throw new UsageError('--trace prints the steps of one world: it takes one worker.');
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const lanes = await createLanes(workers, { steps, kind, mistake, bails, prints });
  try {
    const { signal } = ending;
    const [began, usedBefore] = [systemClock.elapsed(), process.cpuUsage()];
    const ran = await runSeeds(lanes, { from, count, bails, signal, clock: systemClock, print: console.log });
    const { user, system } = process.cpuUsage(usedBefore);
    return report(from, ran, { ms: systemClock.elapsed() - began, cpuMs: (user + system) / 1_000 });
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

/** Of a run: how long it took, and how much of all processors. */
interface Spent {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Prints what came of it. Returns the exit code. */
function report(from: number, { tally, next }: Ran, { ms, cpuMs }: Spent): number {
  const { seeds, steps, connects, snapshots, gapsTold, failures } = tally;
  console.log(
    `${seeds} seeds from ${from}: ${steps} steps, ${connects} connects, ${snapshots} snapshots, ` +
      `${gapsTold} gaps on the way told, ${failures.length} failed; ` +
      `${(ms / 1_000).toFixed(1)} s, ${(cpuMs / Math.max(seeds, 1)).toFixed(1)} ms of a processor each`,
  );
  for (const failure of failures) console.error(describeFailure(failure));
  if (next !== null) console.log(`it was ended, and goes on with --from ${next}`);
  if (failures.length > 0) return 1;
  return next === null ? 0 : 130;
}

await runCommand({ usage, run });
