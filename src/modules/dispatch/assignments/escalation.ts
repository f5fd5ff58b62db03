/** When an assignment that nobody answers is escalated, and to whom. */
import type { Prioridad } from '../row.ts';

/** How long a crew may take to answer, milliseconds, by the priority of the dispatch; null where nothing escalates. */
export type AnswerTimes = Readonly<Record<Prioridad, number | null>>;

export const noAnswerTimes: AnswerTimes = { BAJA: null, MEDIA: null, ALTA: null, CRITICA: null };

/** The level of an assignment that was not escalated. */
export const offeredLevel = 0;
/** It is offered to the crew again. */
export const crewLevel = 1;
/** Whoever has assigned the ambulance is told. */
const assignerLevel = 2;
/** All dispatchers are told. Nothing follows. */
export const dispatchersLevel = 3;

/** Who escalates, in the audit trail and as the sender of messages. */
export const escalationActor = 'dispatch-subgraph';

/** The channel on which those of a level are told; null where the crew alone is, or no channel can have such a name. */
export function channelOf(level: number, assignedBy: string | null): string | null {
  if (level === dispatchersLevel) return 'role:dispatcher:assignments';
  if (level !== assignerLevel || assignedBy === null) return null;
  // Of others nobody could listen to it: see `schema/channels.ts`.
  return /^[A-Za-z0-9._-]{1,47}$/.test(assignedBy) ? `user:${assignedBy}:assignments` : null;
}

/** The level that follows. Where whoever has assigned cannot be told, all dispatchers are. */
export function levelAfter(level: number, assignedBy: string | null): number {
  const next = level + 1;
  return next === assignerLevel && channelOf(next, assignedBy) === null ? dispatchersLevel : next;
}
