/** Reads the logs of the servers: which errors are explained by a fault that was caused, and which are errors of the service. */

/** Expected errors, each with the fault that explains it. No others may appear. */
const explained: Readonly<Record<string, string>> = {
  'events cannot be relayed; they are kept and tried again': 'Redis or PostgreSQL is away',
  'a topic could not be followed': 'Redis is away for longer than a subscriber waits',
  'a subscription could not be brought up to date': 'Redis is away while older events are read',
  'a change of status could not be published':
    'Redis is away for longer than that is tried, or a process ends meanwhile',
  'the log cannot be written: lines are dropped': 'this test is too busy to read what the processes print',
};

const levels = { info: 30, warn: 40, error: 50 } as const;

export interface LogReview {
  /** Expected errors, by message. */
  readonly explained: ReadonlyMap<string, { readonly count: number; readonly because: string }>;
  /** All other errors, fatal ones included, and lines that are not log lines. */
  readonly unexplained: readonly string[];
  /** How often missing events of a topic were read from its log (`healed`), or were not there any more (`lost`). */
  readonly healed: number;
  readonly lost: number;
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly time?: number;
  readonly pid?: number;
  readonly topic?: string;
  readonly after?: unknown;
  readonly upTo?: unknown;
  readonly err?: { readonly message: string; readonly stack: string };
}

/** `othersText` is that of another release's chaos tests, where it has processes here: it explains errors that are called otherwise there. */
export function reviewLog(lines: Iterable<string>, othersText = ''): LogReview {
  const known = new Map<string, { count: number; because: string }>();
  const unexplained: string[] = [];
  const counts = new Map<string, number>();
  for (const line of lines) {
    const parsed = readLine(line);
    if (!parsed) {
      unexplained.push(line);
      continue;
    }
    const { level, msg } = parsed;
    counts.set(msg, (counts.get(msg) ?? 0) + 1);
    if (level < levels.error) continue;
    const because = level === levels.error ? whyOf(msg, othersText) : undefined;
    if (because === undefined) unexplained.push(tell(parsed, { withStack: true }));
    else known.set(msg, { count: (known.get(msg)?.count ?? 0) + 1, because });
  }
  return {
    explained: known,
    unexplained,
    healed: counts.get('events of a topic whose messages were lost were read from its log') ?? 0,
    lost: counts.get('events of a topic are lost: its log no longer reaches back to them') ?? 0,
  };
}

const whyOf = (msg: string, othersText: string): string | undefined =>
  explained[msg] ?? (othersText.includes(`'${msg}'`) ? 'the other release explains it' : undefined);

/** What to read when something went wrong: warnings and errors, and all lines about these dispatches. */
export function relevantLines(lines: Iterable<string>, dispatchIds: ReadonlySet<string>): string[] {
  const parsed = [...lines].flatMap((line) => readLine(line) ?? []);
  const said = parsed
    .filter(({ level, topic }) => {
      const id = /^dispatch:(.*)/.exec(topic ?? '')?.[1];
      return id === undefined ? level >= levels.warn : dispatchIds.has(id);
    })
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const alike = Map.groupBy(said, ({ pid, msg, topic, err }) => [pid, msg, topic, err?.message].join());
  return [...alike.values()].map((lines) => {
    const more = lines.length > 1 ? ` (and ${lines.length - 1} more alike)` : '';
    return tell(lines[0]!, { withStack: false }) + more;
  });
}

function tell(
  { level, msg, time, pid, topic, after, upTo, err }: LogLine,
  { withStack }: { withStack: boolean },
): string {
  const details = Object.entries({ topic, after, upTo, err: withStack ? err?.stack : err?.message })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [new Date(time ?? 0).toISOString(), pid, level, msg, ...details].join(' ');
}

/** Undefined when the line is not from the logger: Node itself prints warnings and crashes. */
function readLine(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LogLine>;
    return parsed.level === undefined ? undefined : { msg: '', ...parsed, level: parsed.level };
  } catch {
    return undefined;
  }
}
