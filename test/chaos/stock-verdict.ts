/** Judges the stream of a client that keeps no cursor: nothing may be missing, and what is shown again is counted. */
import type { Reason } from './explanations.ts';
import type { StockSight } from './sightings.ts';
import { tell, type Story, type StreamKind } from './story.ts';

export interface StockStory extends Omit<Story, 'sights'> {
  readonly sights: readonly StockSight[];
  /** What there was before it began: a stream that begins without a snapshot shows it from any version on. */
  readonly older: ReadonlySet<string>;
  /** Whether that may be lost which happened between a time and a sight. Null: nothing may ever be. */
  readonly mayLose: ((from: number, sight: StockSight) => boolean) | null;
  /** Why an event may come again on a later connection; null where it may not. */
  readonly whyShownAgain: (before: StockSight, again: StockSight) => Reason | null;
}

export interface StockVerdict {
  /** What is wrong, a sentence for each dispatch. */
  readonly complaints: readonly string[];
  /** How many events came again on a later connection, by why they may. */
  readonly repeated: ReadonlyMap<Reason, number>;
  /** Snapshots in place of events that came after others, on a later connection: the client was told that its stream begins anew. */
  readonly beganAnew: number;
  /** Gaps, where something may be lost. */
  readonly lost: number;
}

/** So many mistakes of a stream are named. */
const maxWrong = 3;
/** What was shown so many sights before and after a mistake is told. */
const around = 12;

/** Each with the second in which it came, a `!` behind what was acknowledged, and a `|` between two connections. */
function tellAround(own: readonly StockSight[], index: number): string {
  const some = own.slice(Math.max(0, index - around), index + around);
  const parts = some.map((sight, at) => {
    const isNext = at > 0 && some[at - 1]!.connection !== sight.connection;
    return `${isNext ? '| ' : ''}${tell([sight])}@${Math.round(sight.at / 1_000)}${sight.acknowledgedAt === undefined ? '' : '!'}`;
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
  const repeated = new Map<Reason, number>();
  let [beganAnew, lost] = [0, 0];
  const byId = Map.groupBy(sights, ({ id }) => id);
  for (const [id, own] of byId) {
    const judged = judgeOne(own, story);
    if (judged.wrong.length > 0)
      complaints.push(
        `${kind}, ${name}: ${judged.wrong.slice(0, maxWrong).join('; ')}; of dispatch ${id} it saw ${tellAround(own, judged.firstWrong)}`,
      );
    for (const reason of judged.repeated) repeated.set(reason, (repeated.get(reason) ?? 0) + 1);
    beganAnew += judged.beganAnew;
    lost += judged.lost;
  }
  for (const [id, version] of mustShow) {
    const shown = Math.max(0, ...(byId.get(id) ?? []).map((sight) => sight.version));
    if (shown !== version)
      complaints.push(`${kind}, ${name}: dispatch ${id} ends at version ${shown} instead of ${version}`);
  }
  return { complaints, repeated, beganAnew, lost };
}

/** Judges what was shown of one dispatch, of the messages, or of the positions. */
function judgeOne(own: readonly StockSight[], { kind, older, mayLose, whyShownAgain }: StockStory) {
  const [wrong, repeated]: [string[], Reason[]] = [[], []];
  /** The last sight of each version. */
  const shown = new Map<number, StockSight>();
  let [beganAnew, lost] = [0, 0];
  let [newest, last]: (StockSight | undefined)[] = [];
  let firstWrong = -1;
  for (const [index, sight] of own.entries()) {
    const before = last?.connection === sight.connection ? last.version : undefined;
    const mayBegin = last === undefined && older.has(sight.id);
    let what = judgeSight(sight, { kind, newest: newest?.version ?? 0, before, mayBegin });
    // Messages that stand for lost ones are all that are still kept.
    const goesOn = sight.version >= (newest?.version ?? 0) || (kind === 'messages' && sight.isSnapshot);
    if (what !== undefined && goesOn && mayLose?.(last?.at ?? 0, sight)) {
      what = undefined;
      lost += 1;
    }
    if (sight.isSnapshot) beganAnew += last === undefined ? 0 : 1;
    else if (newest && isAgain(sight, newest, kind)) {
      // What a snapshot stood for has been shown with it.
      const reason = whyShownAgain(shown.get(sight.version) ?? newest, sight);
      if (reason) repeated.push(reason);
      else what ??= 'shown again, though it was acknowledged';
    }
    if (what !== undefined) {
      if (wrong.length === 0) firstWrong = index;
      wrong.push(`${what} (version ${sight.version}, connection ${sight.connection})`);
    }
    shown.set(sight.version, sight);
    if (sight.version >= (newest?.version ?? 0)) newest = sight;
    last = sight;
  }
  return { wrong, firstWrong, repeated, beganAnew, lost };
}

/** The newest position may be told as often as there is nothing newer. */
const isAgain = ({ version }: StockSight, newest: StockSight, kind: StreamKind): boolean =>
  kind === 'positions' ? version < newest.version : version <= newest.version;

interface Before {
  readonly kind: StreamKind;
  /** The last version on this connection. */
  readonly before: number | undefined;
  /** The newest version on any of them. */
  readonly newest: number;
  /** Whether it may be of any version. */
  readonly mayBegin: boolean;
}

function judgeSight(
  { version, isSnapshot }: StockSight,
  { kind, before, newest, mayBegin }: Before,
): string | undefined {
  if (isSnapshot && kind === 'messages' && version === (before ?? version - 1) + 1) return undefined;
  if (isSnapshot && (before === undefined || kind === 'positions'))
    return version < newest ? 'it went back in time' : undefined;
  if (kind === 'positions') return version < (before ?? 0) ? 'it went back in time' : undefined;
  if (before !== undefined) {
    if (isSnapshot) return 'a snapshot in the middle of a connection';
    if (version <= before) return 'shown twice on one connection, or out of order';
    return version === before + 1
      ? undefined
      : `after version ${before} on this connection: something is missing`;
  }
  if (mayBegin) return undefined;
  return version <= newest + 1 ? undefined : `after version ${newest}: something is missing`;
}
