/** Brings one subscriber from their position to the live stream, so that no event is lost and none is sent twice. */
import type { EventLog } from '../stores/event-log/event-log.ts';
import { InvalidCursorError, type CursorPosition } from './cursor.ts';
import type { Frame } from './frame.ts';
import type { Group } from './group.ts';
import type { Beginning, Member } from './member.ts';

/**
 * How a subscription begins: `live` at once, `resumed` behind its cursor, with a `snapshot`, or `restarted`: with a snapshot
 * because its cursor could not be continued.
 */
export type Outcome = 'live' | 'resumed' | 'snapshot' | 'restarted';

export interface Start extends Beginning {
  readonly outcome: Outcome;
  /** When the last event happened that the subscriber knows, milliseconds since the Unix epoch. */
  readonly since: number;
}

/**
 * Finds where a subscription begins. Where the log cannot continue a cursor, that is with a snapshot, so that nothing is
 * missing.
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
    if (await isContinued(group, cursor, eventLog)) {
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

/** Whether the log can continue the cursor, as far as positions tell. Whether it was trimmed shows only when it is read. */
async function isContinued({ stream }: Group, cursor: CursorPosition, eventLog: EventLog): Promise<boolean> {
  const { epoch, offset } = stream.position;
  if (cursor.epoch === epoch && cursor.offset <= offset) return true;
  // Another process may have sent the client an event that has not arrived here yet.
  const newest = await eventLog.position(stream.topic.key);
  return (
    cursor.epoch === newest.epoch && cursor.epoch === stream.position.epoch && cursor.offset <= newest.offset
  );
}

/**
 * Sends a member what their stream begins with, then what they have missed, and enters them into their group. Returns a
 * promise only where it has to wait.
 */
export function bringToLive(group: Group, member: Member, start: Start): Promise<void> | undefined {
  const { frames } = start;
  for (let next = 0; next < frames.length; next += 1) {
    if (member.subscriber.ready())
      return sendFrames(group, member, frames.slice(next)).then(() => catchUp(group, member, start.since));
    group.sendFrame(member, frames[next]!);
  }
  return enterIfLive(group, member) ? undefined : catchUp(group, member, start.since);
}

/** Sends a member a snapshot in place of what was lost since `since`, and enters them into their group again. */
export async function restart(group: Group, member: Member, since: number): Promise<void> {
  await member.subscriber.ready();
  if (member.left) return;
  await sendSnapshot(group, member, since);
  await catchUp(group, member, since);
}

/** Compares positions and enters in one turn of the event loop, so that no event can come between. */
function enterIfLive(group: Group, member: Member): boolean {
  const { epoch, offset } = group.position;
  if (member.epoch !== epoch || member.offset < offset || group.isStale) return false;
  group.enter(member);
  return true;
}

async function catchUp(group: Group, member: Member, since: number): Promise<void> {
  let seenAt = since;
  while (!member.left && !enterIfLive(group, member)) {
    const ready = member.subscriber.ready();
    if (ready) {
      await ready;
      continue;
    }
    const { epoch, offset } = group.position;
    if (member.epoch !== epoch && member.epoch === group.stream.position.epoch) {
      // The member has a snapshot from behind a loss that the group has yet to work off: another one would be the same.
      await group.recovered();
      continue;
    }
    if (group.isStale) {
      await group.renew(member.signal);
      continue;
    }
    const history = member.epoch === epoch ? await group.stream.history(member, offset) : LOST;
    if (history.kind === 'lost' || history.entries.length === 0) {
      await sendSnapshot(group, member, seenAt);
      continue;
    }
    for (const entry of history.entries) {
      if (member.left) return;
      const made = group.frameOf(entry);
      const frame = made instanceof Promise ? await made : made;
      if (member.left || member.epoch !== group.position.epoch) break;
      group.sendEntry(member, entry, frame);
      seenAt = entry.at;
      if (member.subscriber.ready()) break;
    }
  }
}

const LOST = { kind: 'lost' } as const;

async function sendSnapshot(group: Group, member: Member, since: number): Promise<void> {
  const beginning = await group.snapshot(since, member.signal);
  if (member.left) return;
  member.restart(beginning);
  await sendFrames(group, member, beginning.frames);
}

/** Sends frames as fast as the subscriber takes them. */
async function sendFrames(group: Group, member: Member, frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) {
    // After each wait again: all who wait for the same outbox go on at once, and the first of them may fill it.
    for (let ready = member.subscriber.ready(); ready; ready = member.subscriber.ready()) await ready;
    if (member.left) return;
    group.sendFrame(member, frame);
  }
}
