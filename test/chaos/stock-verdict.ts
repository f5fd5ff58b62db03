/** Judges the stream of a client that keeps no cursor: nothing may be missing, and what is shown again is counted. */
import { tell, type Sight, type Story } from './story.ts';

/** A sight, and on which connection of its client it was: 1 for the first one. */
export interface StockSight extends Sight {
  readonly connection: number;
}

export interface StockStory extends Omit<Story, 'sights'> {
  readonly sights: readonly StockSight[];
  /** Dispatches that there were before it began: a board shows them from any version on. */
  readonly older: ReadonlySet<string>;
}

export interface StockVerdict {
  /** What is wrong, a sentence for each dispatch. */
  readonly complaints: readonly string[];
  /** Events that came again on a later connection. */
  readonly repeated: number;
  /** Snapshots in place of events that came after others, on a later connection: the client was told that its stream begins anew. */
  readonly beganAnew: number;
}

/**
 * On one connection each version comes once, in order. Over all of them there is no gap, but where a snapshot says that the stream
 * begins anew, and nothing goes further back than to what was shown before.
 */
export function judgeStock({ kind, name, sights, mustShow, older }: StockStory): StockVerdict {
  const complaints: string[] = [];
  let [repeated, beganAnew] = [0, 0];
  for (const [id, own] of Map.groupBy(sights, (sight) => sight.id)) {
    const wrong: string[] = [];
    let newest: number | undefined;
    let last: StockSight | undefined;
    for (const sight of own) {
      const before = last?.connection === sight.connection ? last.version : undefined;
      const what = judgeSight(sight, { before, newest, mayBegin: kind === 'board' && older.has(id) });
      if (what !== undefined)
        wrong.push(`${what} (version ${sight.version}, connection ${sight.connection})`);
      if (sight.isSnapshot) beganAnew += newest === undefined ? 0 : 1;
      else if (sight.version <= (newest ?? 0)) repeated += 1;
      newest = Math.max(newest ?? 0, sight.version);
      last = sight;
    }
    if (wrong.length > 0)
      complaints.push(`${kind}, ${name}: ${wrong.join('; ')}; of dispatch ${id} it saw ${tell(own)}`);
  }
  const newestOf = Map.groupBy(sights, ({ id }) => id);
  for (const [id, version] of mustShow) {
    const shown = Math.max(0, ...(newestOf.get(id) ?? []).map((sight) => sight.version));
    if (shown !== version)
      complaints.push(`${kind}, ${name}: dispatch ${id} ends at version ${shown} instead of ${version}`);
  }
  return { complaints, repeated, beganAnew };
}

interface Before {
  /** The last version on this connection. */
  readonly before: number | undefined;
  /** The newest version on any of them. */
  readonly newest: number | undefined;
  /** Whether its first event may be of any version. */
  readonly mayBegin: boolean;
}

function judgeSight(
  { version, isSnapshot }: StockSight,
  { before, newest, mayBegin }: Before,
): string | undefined {
  if (before !== undefined) {
    if (isSnapshot) return 'a snapshot in the middle of a connection';
    if (version <= before) return 'shown twice on one connection, or out of order';
    return version === before + 1
      ? undefined
      : `after version ${before} on this connection: something is missing`;
  }
  if (isSnapshot) return version < (newest ?? 0) ? 'it went back in time' : undefined;
  if (newest === undefined && mayBegin) return undefined;
  return version <= (newest ?? 0) + 1 ? undefined : `after version ${newest ?? 0}: something is missing`;
}
