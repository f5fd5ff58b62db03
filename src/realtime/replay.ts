/** Brings one subscriber from their position to the live stream, so that no event is lost and none is sent twice. */
import { CallerLeft } from '../lib/failures/caller-left.ts';
import { logFailure } from '../observability/log-failure.ts';
import type { Logger } from '../observability/log.ts';
import type { Frame } from './frame.ts';
import type { Group } from './group.ts';
import type { Member } from './member.ts';
import type { Snapshot } from './snapshot.ts';
import { unknownTime } from './source.ts';
import type { Opening } from './start.ts';

/**
 * Sends a member what their stream begins with, then what they have missed, and enters them into their group. Returns a
 * promise only where it has to wait.
 */
export function bringToLive(group: Group, member: Member, start: Opening): Promise<void> | undefined {
  const { frames, shown, rest } = start;
  const goOn = async (left: readonly Frame[]) => {
    member.isWhole = false;
    await sendFrames(group, member, left);
    if (!member.left) member.trail?.show(shown);
    if (rest) await sendRest(group, member, rest);
    member.isWhole = !member.left;
    await catchUp(group, member);
  };
  for (let next = 0; next < frames.length; next += 1) {
    if (member.subscriber.ready()) return goOn(frames.slice(next));
    member.subscriber.send(frames[next]!);
    group.noteDelivery();
  }
  if (rest) return goOn([]);
  member.trail?.show(shown);
  return enterIfLive(group, member) ? undefined : catchUp(group, member);
}

/** Of members of a group whose log was lost each gets a snapshot instead, or comes back for it. */
export function restartAll(group: Group, members: readonly Member[], since: number, log: Logger): void {
  const fail = whoFails(group, log, 'a snapshot after a loss failed');
  for (const member of members) restart(group, member, since).catch(fail(member));
}

/** A member who needs a frame of their own gets it, and enters their group again. */
export function bringBack(group: Group, member: Member, log: Logger): void {
  catchUp(group, member).catch(whoFails(group, log, 'an event could not be shown to one of many')(member));
}

/** Members share what is made for them, so thousands of them may fail with the same error: it is logged once. */
function whoFails(group: Group, log: Logger, message: string) {
  const logged = new Set<unknown>();
  return (member: Member) => (err: unknown) => {
    if (err instanceof CallerLeft) return;
    if (!logged.has(err)) logFailure(log, { err, topic: group.stream.topic.key }, message);
    logged.add(err);
    if (!member.left) member.subscriber.disconnect('The stream cannot go on; come back with your cursor.');
  };
}

/**
 * Sends a member a snapshot in place of what they miss behind an event of `since`, and enters them into their group. `unknownTime`: they
 * were sent no event.
 */
export async function restart(group: Group, member: Member, since: number): Promise<void> {
  // Which may be older than the time at which they began: what was committed before comes to them too.
  if (since !== unknownTime) member.since = since;
  await member.subscriber.ready();
  if (member.left) return;
  await sendSnapshot(group, member);
  await catchUp(group, member);
}

/** Compares positions and enters in one turn of the event loop, so that no event can come between. */
function enterIfLive(group: Group, member: Member): boolean {
  const { epoch, offset } = group.position;
  if (member.epoch !== epoch || member.offset < offset || group.freshness?.isStale) return false;
  group.enter(member);
  return true;
}

async function catchUp(group: Group, member: Member): Promise<void> {
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
    if (group.freshness?.isStale) {
      await group.renew(member.signal);
      continue;
    }
    const history = member.epoch === epoch ? await group.stream.history(member, offset) : LOST;
    if (history.kind === 'lost' || history.entries.length === 0) {
      await sendSnapshot(group, member);
      continue;
    }
    for (const entry of history.entries) {
      if (member.left) return;
      const first = member.shownFrom(entry, group);
      const made = first ? group.frames.behind(entry, first) : group.frames.of(entry);
      const frame = made instanceof Promise ? await made : made;
      if (member.left || member.epoch !== group.position.epoch) break;
      if (member.advance(entry, frame, group, first !== null) === 'sent') group.noteDelivery();
      member.since = entry.at;
      if (member.subscriber.ready()) break;
    }
  }
}

const LOST = { kind: 'lost' } as const;

async function sendSnapshot(group: Group, member: Member): Promise<void> {
  const { since, epoch: from } = member;
  const beginning = await group.snapshot({ since, from }, member.viewerId, member.signal);
  if (member.left) return;
  member.restart(beginning, group.stream.now);
  member.isWhole = false;
  await sendFrames(group, member, beginning.frames);
  if (!member.left) member.trail?.show(beginning.shown);
  if (beginning.rest) await sendRest(group, member, beginning.rest);
  member.isWhole = !member.left;
}

/** Sends the pages behind the first one. None is made before the reader has taken the one before it. */
async function sendRest(group: Group, member: Member, snapshot: Snapshot): Promise<void> {
  for (let index = 1; index < snapshot.count; index += 1) {
    await member.subscriber.ready();
    if (member.left) return;
    const { frames, shown, versions } = await snapshot.page(index, member.viewerId, member.signal);
    if (member.left) return;
    if (versions) member.addVersions(versions);
    await sendFrames(group, member, frames);
    if (!member.left) member.trail?.show(shown);
  }
}

/** Sends frames as fast as the subscriber takes them. */
async function sendFrames(group: Group, member: Member, frames: readonly Frame[]): Promise<void> {
  const { subscriber } = member;
  for (const frame of frames) {
    // After each wait again, and sent in the same turn: all who wait for the same outbox go on at once, and the first of them
    // may fill it.
    for (let ready = subscriber.ready(); ready; ready = subscriber.ready()) await ready;
    if (member.left) return;
    subscriber.send(frame);
    group.noteDelivery();
  }
}
