/** Owns replay: bringing one subscriber from where it stands to live, with nothing lost and nothing doubled. */
import type { EventLog } from '../stores/event-log/event-log.ts';
import { InvalidCursorError, type CursorPosition } from './cursor.ts';
import type { Frame } from './frame.ts';
import type { Group } from './group.ts';
import type { Beginning, Member } from './member.ts';

/** How a subscription begins: at once, behind its cursor, with a snapshot, or with one where its cursor leads nowhere. */
export type Outcome = 'live' | 'resumed' | 'snapshot' | 'restarted';

export interface Start extends Beginning {
  readonly outcome: Outcome;
  /** When the last event happened that the subscriber has seen, milliseconds since the Unix epoch. */
  readonly since: number;
}

/**
 * Finds where a subscription begins. A cursor that the log can't continue leads to a snapshot, never to a silent hole.
 *
 * Throws `InvalidCursorError`, and whatever the source's snapshot throws.
 */
export async function findStart(
  group: Group,
  after: string | null,
  eventLog: EventLog,
  signal?: AbortSignal,
): Promise<Start> {
  const { stream, source } = group;
  if (after !== null) {
    const cursor = stream.cursors.parse(after);
    if (!cursor) throw new InvalidCursorError();
    if (await reaches(group, cursor, eventLog)) {
      const { epoch, offset, at, snapshotVersions = null } = cursor;
      return {
        frames: [],
        snapshotVersions,
        position: { epoch, offset },
        outcome: 'resumed',
        since: at,
      };
    }
    return { ...(await group.snapshot(cursor.at, signal)), outcome: 'restarted', since: cursor.at };
  }
  const since = stream.lastAt;
  if (source.beginsWithSnapshot)
    return { ...(await group.snapshot(null, signal)), outcome: 'snapshot', since };
  return { frames: [], snapshotVersions: null, position: stream.position, outcome: 'live', since };
}

/** Whether the log goes on behind the cursor, as far as positions tell; whether it was trimmed shows when it is read. */
async function reaches({ stream }: Group, cursor: CursorPosition, eventLog: EventLog): Promise<boolean> {
  const { epoch, offset } = stream.position;
  if (cursor.epoch === epoch && cursor.offset <= offset) return true;
  // Another process may have shown the client what has not arrived here yet.
  const newest = await eventLog.position(stream.topic.key);
  return (
    cursor.epoch === newest.epoch && cursor.epoch === stream.position.epoch && cursor.offset <= newest.offset
  );
}

/**
 * Shows a member what its stream begins with, brings it to live and enters it into its group; at once where it has missed
 * nothing and has room, else the promise resolves then.
 */
export function bringToLive(group: Group, member: Member, start: Start): Promise<void> | undefined {
  const { frames } = start;
  for (let next = 0; next < frames.length; next += 1) {
    if (member.subscriber.ready())
      return showFrames(group, member, frames.slice(next)).then(() => catchUp(group, member, start.since));
    group.showFrame(member, frames[next]!);
  }
  return enterIfLive(group, member) ? undefined : catchUp(group, member, start.since);
}

/** Shows a member the state in place of what was lost since `since`, brings it to live and enters it into its group again. */
export async function beginAnew(group: Group, member: Member, since: number): Promise<void> {
  await member.subscriber.ready();
  if (member.left) return;
  await showSnapshot(group, member, since);
  await catchUp(group, member, since);
}

/** The look at the group's position and the entering happen in one turn of the event loop: no event comes between. */
function enterIfLive(group: Group, member: Member): boolean {
  const { epoch, offset } = group.position;
  if (member.epoch !== epoch || member.offset < offset) return false;
  group.enter(member);
  return true;
}

async function catchUp(group: Group, member: Member, since: number): Promise<void> {
  let seenAt = since;
  while (!member.left && !enterIfLive(group, member)) {
    const room = member.subscriber.ready();
    if (room) {
      await room;
      continue;
    }
    const { epoch, offset } = group.position;
    if (member.epoch !== epoch && member.epoch === group.stream.position.epoch) {
      // A snapshot was read behind a loss that the group has yet to come to: another one would say the same.
      await group.recovered();
      continue;
    }
    const history = member.epoch === epoch ? await group.stream.history(member, offset) : LOST;
    if (history.kind === 'lost' || history.entries.length === 0) {
      await showSnapshot(group, member, seenAt);
      continue;
    }
    for (const entry of history.entries) {
      const made = group.frameOf(entry);
      const frame = made instanceof Promise ? await made : made;
      if (member.left || member.epoch !== group.position.epoch) break;
      group.show(member, entry, frame);
      seenAt = entry.at;
      if (member.subscriber.ready()) break;
    }
  }
}

const LOST = { kind: 'lost' } as const;

async function showSnapshot(group: Group, member: Member, since: number): Promise<void> {
  const beginning = await group.snapshot(since, member.signal);
  if (member.left) return;
  member.restart(beginning);
  await showFrames(group, member, beginning.frames);
}

/** Shows frames as fast as the subscriber takes them. */
async function showFrames(group: Group, member: Member, frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) {
    // Again after each wait: all who wait for the same outbox are told at once, and the first of them may fill it.
    for (let room = member.subscriber.ready(); room; room = member.subscriber.ready()) await room;
    if (member.left) return;
    group.showFrame(member, frame);
  }
}
