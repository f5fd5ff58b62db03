/** Judges the stream of a client that keeps no cursor: nothing may be missing, and what is shown again is counted. */
import { Excuses, type Judging } from './excuses.ts';
import type { Reason } from './explanations.ts';
import type { StockSight } from './sightings.ts';
import { tell, type Story, type StreamKind } from './story.ts';

export interface StockStory extends Omit<Story, 'sights'> {
  readonly sights: readonly StockSight[];
  /** What there was before it began: a stream that begins without a snapshot shows it from any version on. */
  readonly older: ReadonlySet<string>;
  /** How often something was lost before a sight. Null: nothing may ever be. */
  readonly losses: ((sight: StockSight) => number) | null;
  /** Whether its client says what it has: who does not is told of everything that is lost, also when it comes back. */
  readonly acknowledges: boolean;
  /** Why an event may come again on a later connection; null where it may not. */
  readonly whyShownAgain: (before: StockSight, again: StockSight) => Reason | null;
}

export interface StockVerdict {
  /** What is wrong, a sentence for each dispatch. */
  readonly complaints: readonly string[];
  /** How many mistakes there are of each sort. */
  readonly mistakes: ReadonlyMap<Mistake['sort'], number>;
  /** How many events came again on a later connection, by why they may. */
  readonly repeated: ReadonlyMap<Reason, number>;
  /** Snapshots in place of events that came after others, on a later connection: the client was told that its stream begins anew. */
  readonly beganAnew: number;
  /** Gaps, where something may be lost. */
  readonly lost: number;
}

export interface Mistake {
  readonly sort: 'lost' | 'out of order' | 'shown twice without a reason';
  readonly what: string;
}

/** Those of many clients together. */
export function sumOf(verdicts: readonly StockVerdict[]): StockVerdict {
  const sum = (numberOf: (verdict: StockVerdict) => number) =>
    verdicts.reduce((total, one) => total + numberOf(one), 0);
  return {
    complaints: verdicts.flatMap(({ complaints }) => complaints),
    mistakes: addCounts(verdicts.map(({ mistakes }) => mistakes)),
    repeated: addCounts(verdicts.map(({ repeated }) => repeated)),
    beganAnew: sum(({ beganAnew }) => beganAnew),
    lost: sum(({ lost }) => lost),
  };
}

function addCounts<K>(all: readonly ReadonlyMap<K, number>[]): Map<K, number> {
  const sums = new Map<K, number>();
  for (const [key, count] of all.flatMap((one) => [...one])) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}

/** So many mistakes of a stream are named. */
const maxWrong = 3;
/** What was shown so many sights before and after a mistake is told. */
const around = 12;

/** Each with the second in which it came, a `!` behind what was acknowledged, a `|` between two connections and a `/` between two logs. */
function tellAround(own: readonly StockSight[], index: number): string {
  const some = own.slice(Math.max(0, index - around), index + around);
  const parts = some.map((sight, at) => {
    const last = some[at - 1] ?? sight;
    const between = `${last.connection === sight.connection ? '' : '| '}${last.log === sight.log ? '' : '/ '}`;
    return `${between}${tell([sight])}@${Math.round(sight.at / 1_000)}${sight.acknowledgedAt === undefined ? '' : '!'}`;
  });
  return parts.join(' ');
}

/**
 * On one connection each version comes once, in order. Over all of them there is no gap, but where a snapshot says that the stream
 * begins anew, and nothing goes further back than to what was shown before.
 */
export function judgeStock(story: StockStory): StockVerdict {
  const { kind, name, sights, mustShow } = story;
  const complaints: string[] = [];
  const byId = Map.groupBy(sights, ({ id }) => id);
  const all = [...byId].map(([id, own]) => {
    const judged = judgeOne(own, story);
    const { wrong } = judged;
    const told = wrong.slice(0, maxWrong).map(({ what }) => what);
    if (wrong.length > 0)
      complaints.push(
        `${kind}, ${name}: ${told.join('; ')}; of dispatch ${id} it saw ${tellAround(own, judged.firstWrong)}`,
      );
    return judged;
  });
  const mistakes = addCounts(all.flatMap(({ wrong }) => wrong.map(({ sort }) => new Map([[sort, 1]]))));
  for (const [id, version] of mustShow) {
    const shown = Math.max(0, ...(byId.get(id) ?? []).map((sight) => sight.version));
    if (shown === version) continue;
    complaints.push(`${kind}, ${name}: dispatch ${id} ends at version ${shown} instead of ${version}`);
    mistakes.set('lost', (mistakes.get('lost') ?? 0) + 1);
  }
  return {
    ...{ complaints, mistakes },
    repeated: addCounts(all.map(({ repeated }) => repeated)),
    beganAnew: all.reduce((sum, { beganAnew }) => sum + beganAnew, 0),
    lost: all.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** Judges what was shown of one dispatch, of the messages, or of the positions. */
function judgeOne(own: readonly StockSight[], story: StockStory) {
  const { kind, older, whyShownAgain } = story;
  const wrong: Mistake[] = [];
  const repeated = new Map<Reason, number>();
  const excuses = new Excuses(story);
  /** The last sight of each version. */
  const shown = new Map<number, StockSight>();
  let beganAnew = 0;
  let [newest, last]: (StockSight | undefined)[] = [];
  let firstWrong = -1;
  for (const [index, sight] of own.entries()) {
    const before = last?.connection === sight.connection ? last.version : undefined;
    const mayBegin = last === undefined && older.has(sight.id);
    const judging = { kind, newest: newest?.version ?? 0, before, mayBegin };
    let mistake = judgeSight(sight, judging);
    if (mistake && excuses.excuse(sight, judging)) mistake = undefined;
    if (sight.isSnapshot) beganAnew += last === undefined ? 0 : 1;
    else if (newest && isAgain(sight, newest, kind)) {
      // What a snapshot stood for has been shown with it.
      const reason = whyShownAgain(shown.get(sight.version) ?? newest, sight);
      if (reason) repeated.set(reason, (repeated.get(reason) ?? 0) + 1);
      else
        mistake ??= { sort: 'shown twice without a reason', what: 'shown again, though it was acknowledged' };
    }
    if (mistake) {
      if (wrong.length === 0) firstWrong = index;
      const where = `(version ${sight.version}, connection ${sight.connection})`;
      wrong.push({ ...mistake, what: `${mistake.what} ${where}` });
    }
    excuses.note(sight);
    shown.set(sight.version, sight);
    if (sight.version >= (newest?.version ?? 0)) newest = sight;
    last = sight;
  }
  return { wrong, firstWrong, repeated, beganAnew, lost: excuses.count };
}

/** The newest position may be told as often as there is nothing newer. */
const isAgain = ({ version }: StockSight, newest: StockSight, kind: StreamKind): boolean =>
  kind === 'positions' ? version < newest.version : version <= newest.version;

const disorder = (what: string): Mistake => ({ sort: 'out of order', what });
const backInTime = disorder('it went back in time');
const missing = (after: string): Mistake => ({
  sort: 'lost',
  what: `after version ${after}: something is missing`,
});

function judgeSight(
  { version, isSnapshot }: StockSight,
  { kind, before, newest, mayBegin }: Judging,
): Mistake | undefined {
  if (isSnapshot && kind === 'messages' && version === (before ?? version - 1) + 1) return undefined;
  if (isSnapshot && (before === undefined || kind === 'positions'))
    return version < newest ? backInTime : undefined;
  if (kind === 'positions') return version < (before ?? 0) ? backInTime : undefined;
  if (before !== undefined) {
    if (isSnapshot) return disorder('a snapshot in the middle of a connection');
    if (version <= before) return disorder('shown twice on one connection, or out of order');
    return version === before + 1 ? undefined : missing(`${before} on this connection`);
  }
  if (mayBegin) return undefined;
  return version <= newest + 1 ? undefined : missing(String(newest));
}
