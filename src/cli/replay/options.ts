/** Parses the command line of the replay. */
import { parseWithPositionals, readNumber, UsageError } from '../command.ts';
import { createLocalTime } from './calls/local-time.ts';

export const usage = `Plays a call log into a running service, as dispatches that move in real time or faster.

  npm run replay -- FILE.csv [options]   a log with the columns of DataSF's "Fire Department Calls for Service"
  npm run replay -- --demo [options]     a made-up evening in San Francisco, until Ctrl-C

Options
  --speed N|max      how many times faster than the log; 1 is real time, max does not wait (default 60)
  --url URL          the GraphQL endpoint (default: this machine, at PORT of the environment or .env, else 4004)
  --token TOKEN      a token that may create and update dispatches and report locations;
                     without it, one of role "system" is made with the secret of this environment
  --concurrency N    requests at the same time (default 16)
  --positions N      positions reported on the way to the scene, and again to the hospital (default 3)
  --limit N          stop after N dispatches
  --from, --to TIME  only calls received from, and before, this local time: 2017-01-01 or 2017-01-01T18:30
  --seed N           which evening --demo plays (default 1)
  --patience N       seconds to go on trying while the server does not answer (default 60)
  --keep             when interrupted, leave active what has not ended; without it, that is cancelled
  --quiet            no progress, only the summary
  --json             no progress, and the summary as one line of JSON
  --verbose          name every skipped row and every error, not only the first ones
  --help             this text

The columns may be separated by commas, semicolons or tabs, and be named as the portal's API does (received_dttm);
times may have the month or the year first (12/31/2016 11:57:56 PM, 2016-12-31T23:57:56, 2016/12/31 23:57).
Each row with Unit Type MEDIC or PRIVATE becomes one dispatch: received → created, dispatch → assigned to the unit,
response → EN_CAMINO, on scene → EN_SITIO, transport → TRASLADANDO, hospital or available → COMPLETADO; available
without on scene → CANCELADO. A file may be of any size.

Exit codes: 0 everything was sent, 1 something failed or nothing could be played, 2 the command line or the file cannot
be used, 130 interrupted.`;

export interface ReplayOptions {
  /** Null for a demo. */
  readonly file: string | null;
  readonly url: URL;
  readonly token: string | undefined;
  /** Infinity for `max`. */
  readonly speed: number;
  readonly concurrency: number;
  readonly positionsPerLeg: number;
  readonly limit: number;
  /** Instants, milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
  readonly patienceMs: number;
  readonly output: 'progress' | 'quiet' | 'json';
  /** Whether an interrupted replay leaves active what has not ended. */
  readonly keep: boolean;
  readonly verbose: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;
const options = {
  ...{ demo: flag, json: flag, keep: flag, quiet: flag, verbose: flag },
  ...{ url: text, token: text, limit: text, from: text, to: text },
  speed: { ...text, default: '60' },
  concurrency: { ...text, default: '16' },
  positions: { ...text, default: '3' },
  seed: { ...text, default: '1' },
  patience: { ...text, default: '60' },
} as const;

/** `ownUrl`: where the service is that is not named. @throws UsageError */
export function parseOptions(args: readonly string[], ownUrl: () => string): ReplayOptions {
  const { values, positionals } = parseWithPositionals(args, options);
  const [file, ...more] = positionals;
  if (values.demo ? file !== undefined : file === undefined || more.length > 0) {
    throw new UsageError('Give one file, or --demo.');
  }
  const whole = (
    name: 'concurrency' | 'positions' | 'limit' | 'seed' | 'patience',
    min: number,
    max: number,
  ) => readNumber(`--${name}`, values[name]!, { min, max });
  const read = {
    file: file ?? null,
    url: parseUrl(values.url ?? ownUrl()),
    token: values.token,
    speed: parseSpeed(values.speed),
    concurrency: whole('concurrency', 1, 1_000),
    positionsPerLeg: whole('positions', 0, 1_000),
    limit: values.limit === undefined ? Infinity : whole('limit', 1, Number.MAX_SAFE_INTEGER),
    fromMs: parseTime('from', values.from) ?? -Infinity,
    toMs: parseTime('to', values.to) ?? Infinity,
    seed: whole('seed', 0, 2 ** 32 - 1),
    patienceMs: whole('patience', 0, 86_400) * 1_000,
    output: values.json ? ('json' as const) : values.quiet ? ('quiet' as const) : ('progress' as const),
    keep: values.keep,
    verbose: values.verbose,
  };
  if (read.fromMs >= read.toMs) throw new UsageError('--from must be before --to.');
  return read;
}

const parseSpeed = (text: string): number =>
  text === 'max'
    ? Infinity
    : readNumber('--speed', text, { min: 0.001, max: 1_000_000, isWhole: false, orWord: 'max' });

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`--url must be an http or https address: not "${text}".`);
  }
  return url;
}

function parseTime(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const instantMs = createLocalTime().readIsoTime(text);
  if (instantMs === null)
    throw new UsageError(`--${name} must be a time like 2017-01-01T18:30: not "${text}".`);
  return instantMs;
}
