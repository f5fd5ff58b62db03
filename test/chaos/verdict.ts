/** Judges a stream: compares what it should have shown with what it did. */
import { tell, type Sight, type Story, type StreamKind } from './story.ts';

/**
 * - `nothing is lost`: every version exactly once and in order; a snapshot only at the beginning
 * - `nobody is behind`: older events may be lost, and a snapshot then replaces them. But versions never go back, an event is
 *   always the version after the one before, and the newest version is shown
 */
export type Law = 'nothing is lost' | 'nobody is behind';

/** What is wrong with a story, in sentences; empty when nothing is. */
export function judge(story: Story, law: Law): string[] {
  const wrong: { readonly id: string; readonly what: string }[] = [];
  const newest = new Map<string, number>();
  for (const [place, sight] of story.sights.entries()) {
    const { id, version } = sight;
    const before = newest.get(id);
    const what = sight.isSnapshot
      ? judgeSnapshot(sight, before, { kind: story.kind, isFirst: place === 0, law })
      : judgeEvent(sight, before, story.kind);
    if (what !== undefined) wrong.push({ id, what: `${what} (dispatch ${id}, version ${version})` });
    newest.set(id, version);
  }
  for (const [id, version] of story.mustShow) {
    const shown = newest.get(id);
    if (shown === version) continue;
    wrong.push({ id, what: `dispatch ${id} ends at version ${shown ?? 'none'} instead of ${version}` });
  }
  return [...Map.groupBy(wrong, ({ id }) => id)].map(
    ([id, complaints]) =>
      `${story.kind}, ${story.name}: ${complaints.map(({ what }) => what).join('; ')}; ` +
      `of dispatch ${id} it saw ${tell(story.sights.filter((sight) => sight.id === id))}`,
  );
}

function judgeEvent({ version }: Sight, before: number | undefined, kind: StreamKind): string | undefined {
  // A board begins at a cursor before which there was no dispatch; the others begin with a snapshot.
  if (before === undefined && kind !== 'board') return 'an event before any snapshot';
  if (version === (before ?? 0) + 1) return undefined;
  if (version <= (before ?? 0)) return 'an event that it had been shown before';
  return `an event after version ${before ?? 0}: something is missing`;
}

function judgeSnapshot(
  { version }: Sight,
  before: number | undefined,
  { kind, isFirst, law }: { readonly kind: StreamKind; readonly isFirst: boolean; readonly law: Law },
): string | undefined {
  if (law === 'nobody is behind') return version < (before ?? 0) ? 'it went back in time' : undefined;
  if (kind === 'board') return 'a snapshot, though nothing was lost';
  // A stream of followed dispatches shows a snapshot of each one when the viewer begins to follow it.
  if (kind === 'one' ? isFirst : before === undefined) return undefined;
  return 'a snapshot that is not the beginning';
}
